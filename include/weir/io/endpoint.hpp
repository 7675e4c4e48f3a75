// weir/io/endpoint.hpp - where a socket is or goes: IPv4, IPv6 or a path.                       [floor: coro]
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::inline v0 {

class endpoint {
 public:
  /// Nowhere: family AF_UNSPEC.
  endpoint() noexcept = default;
  endpoint(const sockaddr* address, socklen_t length) noexcept;

  /// "1.2.3.4:80", "[::1]:80", ":80" and "*:80" (every address). Port 0 asks the system for a free one. Numbers only:
  /// names are resolve()'s business. Errors: std::invalid_argument naming the text.
  [[nodiscard]] static endpoint parse(std::string_view host_and_port);
  [[nodiscard]] static endpoint loopback(std::uint16_t port) noexcept;
  /// A unix socket's path; "@name" is in the abstract namespace. Errors: std::invalid_argument (empty, too long,
  /// NUL in a path).
  [[nodiscard]] static endpoint local(std::string_view path);

  [[nodiscard]] int family() const noexcept { return storage_.ss_family; }
  [[nodiscard]] std::uint16_t port() const noexcept;  ///< 0 for paths
  /// As parse() and local() read it; "(unnamed)" for a unix socket without a path, "(none)" for nowhere.
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }
  [[nodiscard]] socklen_t size() const noexcept { return size_; }

  friend bool operator==(const endpoint& a, const endpoint& b) noexcept;

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

/// Splits "host:port" and "[host]:port". Errors: std::invalid_argument naming the text.
struct host_and_port {
  std::string host;
  std::uint16_t port;
};
[[nodiscard]] host_and_port split_host_and_port(std::string_view text);

}  // namespace weir::inline v0

#include <weir/io/endpoint.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <stdexcept>

namespace weir::inline v0 {

namespace {

constexpr std::size_t path_offset = offsetof(sockaddr_un, sun_path);

[[noreturn]] void refuse(std::string_view text, const char* why) {
  throw std::invalid_argument{"weir: address \"" + std::string{text} + "\": " + why};
}

}  // namespace

endpoint::endpoint(const sockaddr* address, socklen_t length) noexcept
    : size_{std::min<socklen_t>(length, sizeof storage_)} {
  std::memcpy(&storage_, address, size_);
}

host_and_port split_host_and_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) refuse(text, "expected host:port");
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size()) refuse(text, "the port must be 0 to 65535");
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    refuse(text, "an IPv6 address is written [address]:port");
  return {std::string{host}, port};
}

endpoint endpoint::parse(std::string_view text) {
  if (text.find('\0') != text.npos) throw std::invalid_argument{"weir: endpoint::parse: text contains a NUL"};
  auto [host, port] = split_host_and_port(text);
  if (host.empty() || host == "*") host = "0.0.0.0";
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) return {reinterpret_cast<const sockaddr*>(&v4), sizeof v4};
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) return {reinterpret_cast<const sockaddr*>(&v6), sizeof v6};
  refuse(text, "not a numeric address (names: resolve())");
}

endpoint endpoint::loopback(std::uint16_t port) noexcept {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return {reinterpret_cast<const sockaddr*>(&v4), sizeof v4};
}

endpoint endpoint::local(std::string_view path) {
  sockaddr_un un{};
  un.sun_family = AF_UNIX;
  if (path.empty()) refuse(path, "the path is empty");
  if (path.front() != '@' && path.find('\0') != path.npos)
    throw std::invalid_argument{"weir: endpoint::local: path contains a NUL"};
  if (path.size() >= sizeof un.sun_path) refuse(path, "the path is too long for a unix socket");
  std::copy(path.begin(), path.end(), un.sun_path);
  const bool abstract = path.front() == '@';
  if (abstract) un.sun_path[0] = '\0';
  const std::size_t length = path_offset + path.size() + (abstract ? 0 : 1);
  return {reinterpret_cast<const sockaddr*>(&un), static_cast<socklen_t>(length)};
}

std::uint16_t endpoint::port() const noexcept {
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_port);
  if (family() == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_port);
  return 0;
}

std::string endpoint::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  switch (family()) {
    case AF_INET:
      inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(&storage_)->sin_addr, text.data(), text.size());
      return std::string{text.data()} + ':' + std::to_string(port());
    case AF_INET6:
      inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_addr, text.data(), text.size());
      return '[' + std::string{text.data()} + "]:" + std::to_string(port());
    case AF_UNIX:
      break;
    default:
      return "(none)";
  }
  if (size_ <= path_offset) return "(unnamed)";
  const char* const path = reinterpret_cast<const sockaddr_un*>(&storage_)->sun_path;
  if (path[0] == '\0') return '@' + std::string{path + 1, size_ - path_offset - 1};
  return std::string{path, strnlen(path, size_ - path_offset)};
}

bool operator==(const endpoint& a, const endpoint& b) noexcept {
  return a.size_ == b.size_ && std::memcmp(&a.storage_, &b.storage_, a.size_) == 0;
}

}  // namespace weir::inline v0

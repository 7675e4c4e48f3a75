#include <weir/io/resolver.hpp>
#include <weir/offload.hpp>

#include <netdb.h>

#include <cerrno>
#include <memory>
#include <stdexcept>

namespace weir::inline v0 {

namespace {

class gai_category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "resolver"; }
  std::string message(int error) const override { return ::gai_strerror(error); }
};

std::vector<endpoint> look_up(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error == EAI_SYSTEM) throw std::system_error{errno, std::system_category(), "resolve " + host};
  if (error != 0) throw std::system_error{error, resolver_category(), "resolve " + host};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{found, &::freeaddrinfo};
  std::vector<endpoint> addresses;
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) addresses.emplace_back(a->ai_addr, a->ai_addrlen);
  return addresses;
}

}  // namespace

const std::error_category& resolver_category() noexcept {
  static const gai_category category;
  return category;
}

task<std::vector<endpoint>> resolve(std::string host, std::uint16_t port) {
  if (host.find('\0') != std::string::npos) throw std::invalid_argument{"weir: resolve: host contains a NUL"};
  co_return co_await blocking(&look_up, std::move(host), port);
}

}  // namespace weir::inline v0

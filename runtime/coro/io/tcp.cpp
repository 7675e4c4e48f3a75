#include <weir/io/resolver.hpp>
#include <weir/io/tcp.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>

namespace weir::inline v0 {

detail::connect_awaiter<tcp_stream> tcp_stream::connect(const endpoint& to) noexcept {
  detail::made_socket made = detail::make_stream_socket(to.family());
  return {std::move(made.socket), to, made.error};
}

task<tcp_stream> tcp_stream::connect(std::string host_and_port) {
  const weir::host_and_port name = split_host_and_port(host_and_port);
  const std::vector<endpoint> addresses = co_await resolve(name.host, name.port);
  for (std::size_t i = 0; i + 1 < addresses.size(); ++i) {
    result<tcp_stream> made = co_await as_result(connect(addresses[i]));
    if (made) co_return std::move(made).value();
    if (made.error() == std::errc::operation_canceled) break;
  }
  co_return co_await connect(addresses.back());
}

void tcp_stream::set_no_delay(bool on) const {
  const int value = on ? 1 : 0;
  if (::setsockopt(descriptor().number(), IPPROTO_TCP, TCP_NODELAY, &value, sizeof value) != 0)
    throw std::system_error{errno, std::system_category(), "set no delay " + peer().to_string()};
}

tcp_listener::tcp_listener(const endpoint& at, tcp_listen_options options)
    : socket_{detail::listen_on(at, options.backlog, options.reuse_address, options.reuse_port)} {}

}  // namespace weir::inline v0

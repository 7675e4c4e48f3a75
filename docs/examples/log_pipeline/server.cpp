#include "server.hpp"

#include <weir/io/resolver.hpp>
#include <weir/io/result.hpp>
#include <weir/io/tcp.hpp>
#include <weir/offload.hpp>
#include <weir/stop.hpp>
#include <weir/task_group.hpp>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <functional>
#include <span>
#include <vector>

#include "line_reader.hpp"

namespace log_pipeline {
namespace {

constexpr unsigned most_clients = 1024;  // the next ones wait in the system's backlog
constexpr std::size_t receive_bytes = std::size_t{64} << 10;

/// What a client has sent, as an input that is idle until it sends more.
class received final : public input {
 public:
  explicit received(const weir::tcp_stream& from) : input{from.peer().to_string()} {}

  [[nodiscard]] std::span<std::byte> room() noexcept { return std::as_writable_bytes(std::span{bytes_}); }
  void arrived(std::size_t n) noexcept {
    unread_ = std::span{bytes_.data(), n};
    ended_ = n == 0;
  }
  [[nodiscard]] bool has_ended() const noexcept { return ended_; }

  [[nodiscard]] chunk read(char* to, std::size_t room) override {
    if (unread_.empty()) return {ended_ ? state::end : state::idle};
    const std::size_t n = std::min(room, unread_.size());
    std::memcpy(to, unread_.data(), n);
    unread_ = unread_.subspan(n);
    return {state::data, n};
  }

 private:
  std::vector<char> bytes_ = std::vector<char>(receive_bytes);
  std::span<const char> unread_;
  bool ended_ = false;
};

batch_ptr wait_for_batch(pipeline* from) { return from->acquire(std::chrono::milliseconds{100}); }

/// Submits every whole line that has arrived.
weir::task<void> pass_on(line_reader& lines, pipeline& to) {
  for (input::state state = input::state::data; state == input::state::data;) {
    batch_ptr b = to.acquire(std::chrono::milliseconds{0});
    while (b == nullptr && !to.has_failed()) b = co_await weir::blocking(wait_for_batch, &to);
    if (b == nullptr) co_return;
    state = lines.fill(*b);
    if (state == input::state::data)
      to.submit(std::move(b));
    else
      to.give_back(std::move(b));
  }
}

weir::task<void> serve(weir::tcp_stream client, pipeline& to) {
  received bytes{client};
  line_reader lines{bytes};
  while (!bytes.has_ended() && !to.has_failed()) {
    weir::result<std::size_t> n = co_await weir::as_result(client.read_some(bytes.room()));
    if (!n) {
      if (n.error() != std::errc::operation_canceled) std::fprintf(stderr, "client %s\n", n.message().c_str());
      co_return;
    }
    bytes.arrived(n.value());
    weir::task<void> passing_on = pass_on(lines, to);
    co_await weir::shield(std::move(passing_on));  // what has been read is drained, also after a stop
  }
}

weir::task<void> accept_clients(weir::task_group& clients, weir::tcp_listener& at, pipeline& to) {
  for (;;) {
    weir::tcp_stream client = co_await at.accept();
    weir::task<void> serving = serve(std::move(client), to);
    co_await clients.spawn(std::move(serving), "client");
  }
}

weir::task<weir::endpoint> address_of(std::string where) {
  const weir::host_and_port parts = weir::split_host_and_port(where);
  if (parts.host.empty() || parts.host == "*") co_return weir::endpoint::parse(where);
  const std::vector<weir::endpoint> found = co_await weir::resolve(parts.host, parts.port);
  co_return found.front();
}

weir::task<void> listen(std::string where, pipeline& to) {
  const weir::endpoint address = co_await address_of(std::move(where));
  weir::tcp_listener at{address};
  std::fprintf(stderr, "listening on %s\n", at.local_address().to_string().c_str());
  weir::group_options options{.limit = weir::par{most_clients}, .name = "clients"};
  options.on_failure = weir::failure_policy::keep_going;
  co_await weir::with_group(options, accept_clients, std::ref(at), std::ref(to));
}

}  // namespace

weir::task<void> serve_clients(std::string where, pipeline& to, std::stop_token stop) {
  weir::task<void> listening = listen(std::move(where), to);
  try {
    co_await weir::with_stop(std::move(stop), std::move(listening));
  } catch (const weir::operation_cancelled&) {  // the stop
  }
}

}  // namespace log_pipeline

#include "server.hpp"

#include <sys/socket.h>

#include <weir/io/resolver.hpp>
#include <weir/io/result.hpp>
#include <weir/io/tcp.hpp>
#include <weir/offload.hpp>
#include <weir/stop.hpp>
#include <weir/task_group.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <vector>

#include "line_reader.hpp"
#include "unfinished_lines.hpp"

namespace log_pipeline {
namespace {

constexpr unsigned most_clients = 1024;  // the next ones wait in the system's backlog

/// What a client sends, as an input that is idle until it sends more.
class received final : public input {
 public:
  explicit received(const weir::tcp_stream& from)
      : input{from.peer().to_string()}, socket_{from.descriptor().number()} {}

  [[nodiscard]] chunk read(char* to, std::size_t room) override {
    while (!broken_off_) {
      const ssize_t n = ::recv(socket_, to, room, MSG_DONTWAIT);
      if (n > 0) return {state::data, static_cast<std::size_t>(n)};
      if (n == 0) return {state::end};
      if (errno == EAGAIN) return {state::idle};
      if (errno == EINTR) continue;
      std::fprintf(stderr, "client %s: %s\n", source()->name.c_str(), std::strerror(errno));
      break_off();
    }
    return {state::stopped};
  }

  /// Nothing is read from now on.
  void break_off() noexcept { broken_off_ = true; }
  [[nodiscard]] bool has_broken_off() const noexcept { return broken_off_; }

 private:
  const int socket_;
  bool broken_off_ = false;
};

batch_ptr wait_for_batch(pipeline* from) { return from->acquire(std::chrono::milliseconds{100}); }

/// Submits what has arrived, a batch of it at most. stopped also when the pipeline has failed.
weir::task<input::state> pass_on(unfinished_lines::member& lines, pipeline& to) {
  batch_ptr b = to.acquire(std::chrono::milliseconds{0});
  while (b == nullptr && !to.has_failed()) b = co_await weir::blocking(wait_for_batch, &to);
  if (b == nullptr) co_return input::state::stopped;
  const input::state s = lines.fill(*b);
  if (s == input::state::data)
    to.submit(std::move(b));
  else
    to.give_back(std::move(b));
  co_return s;
}

weir::task<void> serve(weir::tcp_stream client, pipeline& to, unfinished_lines& all) {
  received bytes{client};
  line_reader lines{bytes};
  unfinished_lines::member member{all, lines};
  for (input::state s = input::state::idle; s == input::state::idle || s == input::state::data;) {
    if (!bytes.has_broken_off()) {
      const weir::result<void> ready = co_await weir::as_result(client.descriptor().wait_readable());
      if (!ready) bytes.break_off();  // a stop
    }
    if (bytes.has_broken_off() && !lines.owes_a_line()) co_return;
    weir::task<input::state> passing_on = pass_on(member, to);
    s = co_await weir::shield(std::move(passing_on));  // what has been read is drained, also after a stop
  }
}

weir::task<void> accept_clients(weir::task_group& clients, weir::tcp_listener& at, pipeline& to,
                                unfinished_lines& all) {
  for (;;) {
    weir::tcp_stream client = co_await at.accept();
    weir::task<void> serving = serve(std::move(client), to, all);
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
  unfinished_lines all;
  weir::group_options options{.limit = weir::par{most_clients}, .name = "clients"};
  options.on_failure = weir::failure_policy::keep_going;
  co_await weir::with_group(options, accept_clients, std::ref(at), std::ref(to), std::ref(all));
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

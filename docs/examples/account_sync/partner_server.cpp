#include "partner_server.hpp"

#include <csignal>
#include <system_error>

#include "desk.hpp"
#include "line_stream.hpp"
#include "reports.hpp"
#include "stop_signals.hpp"
#include "verdicts.hpp"

namespace account_sync {
namespace {

constexpr std::size_t most_clients = 4096;

class partner_server {
 public:
  partner_server(weir::runtime_handle on, const world& w, const open_report& open) : on_{on}, world_{w}, open_{open} {}

  /// One life after the other.
  weir::task<> live() {
    for (;;) {
      desk mind{on_, world_};
      weir::tcp_listener at{service_};
      if (service_.port() == 0)
        open_({.service = at.local_address().port(), .control = control_.local_address().port()});
      service_ = at.local_address();
      up_.set();
      weir::task<> life = serve_clients(at, mind);
      co_await weir::race(std::move(life), going_down_.wait());
      going_down_.reset();
      at.close();
      co_await weir::sleep_for(down_for_);
    }
  }

  /// Takes orders, one at a time.
  weir::task<> obey() {
    for (;;) {
      line_stream from{co_await control_.accept()};
      try {
        co_await obey(from);
      } catch (const std::system_error&) {  // it has gone away
      }
    }
  }

 private:
  weir::task<> obey(line_stream& from) {
    for (;;) {
      const std::optional<std::string> line = co_await from.read();
      const std::optional<std::chrono::milliseconds> down = read_restart(line.value_or(""));
      if (!down) co_return;
      down_for_ = *down;
      up_.reset();
      going_down_.set();
      co_await up_.wait();
      co_await from.write("up");
    }
  }

  static weir::task<> serve_clients(const weir::tcp_listener& at, desk& mind) {
    const weir::group_options options{.limit = weir::par{most_clients}, .name = "clients"};
    co_await weir::with_group(options, accept_clients, std::ref(at), std::ref(mind));
  }
  static weir::task<> accept_clients(weir::task_group& clients, const weir::tcp_listener& at, desk& mind) {
    for (;;) {
      line_stream client{co_await at.accept()};
      co_await clients.spawn(serve(std::move(client), mind), "client");
    }
  }
  static weir::task<> serve(line_stream client, desk& mind) {
    try {
      for (;;) {
        const std::optional<std::string> line = co_await client.read();
        const std::optional<account> a = read_account(line.value_or(""));
        if (!a) co_return;  // the end, or not our protocol: it is hung up on
        const answer said = co_await mind.decide(*a);
        co_await client.write(to_line(said));
      }
    } catch (const std::system_error&) {  // it has gone away
    }
  }

  const weir::runtime_handle on_;
  const world world_;
  const open_report& open_;
  const weir::tcp_listener control_{weir::endpoint::loopback(0)};
  weir::endpoint service_ = weir::endpoint::loopback(0);
  std::chrono::milliseconds down_for_{};
  weir::async_event up_, going_down_;
};

weir::task<> serve(weir::runtime_handle on, const world& w, const open_report& open) {
  partner_server server{on, w, open};
  weir::signal_set end{SIGTERM};
  stop_signals::unblock();
  weir::task<> living = server.live();
  weir::task<> obeying = server.obey();
  weir::task<int> ending = end.next();
  co_await weir::race(std::move(living), std::move(obeying), std::move(ending));
}

}  // namespace

void serve_as_partner(const world& w, const open_report& open) {
  std::signal(SIGINT, SIG_IGN);
  weir::runtime rt{weir::runtime_options{.threads = 1, .thread_name = "partner", .on_report = &print_report}};
  weir::block_on(rt.io(), serve(rt, w, open), "partner");
}

}  // namespace account_sync

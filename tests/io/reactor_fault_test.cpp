// Every system call of the reactor failing, and what becomes of the operations.
#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <system_error>

#include "io/epoll_backend.hpp"
#include "io/reactor.hpp"
#include "io/support/failing_syscalls.hpp"
#include "io/support/probe.hpp"
#include "io/support/process.hpp"
#include "io/support/sockets.hpp"
#include "io/support/step.hpp"

using namespace weir_test;
using weir::io::reactor;
using weir::io::reactor_options;
using calls = failing_syscalls;
using kind = weir::detail::operation::kind;

namespace {

std::atomic<std::int64_t> ahead_ns;  // how far the test's clock is ahead of the system's

weir::detail::time_point test_now() noexcept {
  return weir::io::system_now() + std::chrono::nanoseconds{ahead_ns.load()};
}

reactor_options with(calls& sys) {
  reactor_options options;
  options.calls = &sys;
  return options;
}

void one_turn(reactor& r) {
  step nothing{[] {}};
  r.resume_io(nothing);
  nothing.done.acquire();
  step again{[] {}};  // the first may run in the turn that was under way
  r.resume_io(again);
  again.done.acquire();
}

}  // namespace

TEST_CASE("reactor: a constructor that cannot have what it needs throws the system's error and leaks nothing") {
  const long descriptors = open_descriptors(), threads = live_threads();
  const auto refused = [](calls& sys, reactor_options options, int error) {
    options.calls = &sys;
    try {
      reactor r{std::move(options)};
      return false;
    } catch (const std::system_error& e) {
      return e.code().value() == error && std::string{e.what()}.find("weir: cannot") == 0;
    }
  };
  for (int error : {EMFILE, ENFILE, ENOMEM}) {
    for (calls::call which : {calls::create_, calls::eventfd_, calls::control_}) {
      calls sys;
      sys.fail(which, error);
      CHECK(refused(sys, {}, error));
    }
  }
  calls sys;
  reactor_options options;
  options.create_thread = [](pthread_t*, const pthread_attr_t*, void* (*)(void*), void*) { return EAGAIN; };
  CHECK(refused(sys, std::move(options), EAGAIN));
  CHECK(open_descriptors() == descriptors);
  CHECK(threads_settle_at(threads));
}

TEST_CASE("reactor: interrupted calls are made again, at every occurrence") {
  for (int nth = 1; nth <= 8; ++nth) {
    calls sys;
    for (calls::call which : {calls::recv_, calls::send_, calls::read_, calls::wait_}) sys.fail(which, EINTR, nth, 3);
    reactor r{with(sys)};
    pair p = socket_pair();
    pair pipes = pipe_pair();
    for (int i = 0; i < 8; ++i) {
      char text[4];
      probe get{kind::recv, p.ours.get(), text, sizeof text};
      r.start(get);
      probe send{kind::send, p.theirs.get(), text, 1};
      r.start(send);
      probe read{kind::read, pipes.ours.get(), text, sizeof text};
      r.start(read);
      REQUIRE(put(pipes.theirs, "y"));
      REQUIRE(send.wait() == 1);
      REQUIRE(get.wait() == 1);
      REQUIRE(read.wait() == 1);
    }
  }
}

TEST_CASE("reactor: an error of a call is the result of its operation, and of no other") {
  for (int error : {ECONNRESET, EPIPE, ETIMEDOUT, ENOBUFS, EIO}) {
    for (int nth = 1; nth <= 4; ++nth) {
      calls sys;
      sys.fail(calls::send_, error, nth);
      reactor r{with(sys)};
      pair p = socket_pair();
      for (int i = 1; i <= 5; ++i) {
        char c = 'x';
        probe send{kind::send, p.ours.get(), &c, 1};
        r.start(send);
        REQUIRE(send.wait() == (i == nth ? -error : 1));
      }
    }
  }
}

TEST_CASE("reactor: a watch that the system refuses fails its operation; the next one works") {
  for (int error : {ENOSPC, ENOMEM, EBADF}) {
    calls sys;
    reactor r{with(sys)};
    sys.fail(calls::control_, error);
    pair p = socket_pair();
    char text[4];
    probe get{kind::recv, p.ours.get(), text, sizeof text};
    r.start(get);
    CHECK(get.wait() == -error);
    probe again{kind::recv, p.ours.get(), text, sizeof text};
    r.start(again);
    REQUIRE(put(p.theirs, "x"));
    CHECK(again.wait() == 1);
  }
}

TEST_CASE(
    "reactor: a wait that fails is reported and survived; an old kernel's wait is used where the new is missing") {
  std::atomic<int> reports{0};
  for (int error : {ENOMEM, EBADF, ENOSYS, EPERM}) {
    reports = 0;
    calls sys;
    sys.fail(calls::wait_, error, 1, 3);
    reactor_options options = with(sys);
    options.on_report = [&](const weir::report& seen) { reports += seen.kind == weir::report_kind::resource; };
    reactor r{std::move(options)};
    probe soon{weir::io::system_now() + std::chrono::milliseconds{2}};
    r.start(soon);
    CHECK(soon.wait() == 0);
    CHECK(weir::io::system_now() >= soon.deadline);
    r.stop();
    CHECK((reports.load() > 0) == (error == ENOMEM || error == EBADF));
  }
}

TEST_CASE("reactor: a listener without descriptors pauses, says so once, and recovers; it does not spin") {
  for (int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
    ahead_ns = 0;
    std::atomic<int> reports{0};
    calls sys;
    sys.fail(calls::accept_, error, 1, 3);
    reactor_options options = with(sys);
    options.now = &test_now;
    options.on_report = [&](const weir::report& seen) { reports += seen.name == "accept"; };
    reactor r{std::move(options)};
    listener server = listen_on_loopback();
    descriptor client = tcp_socket();
    REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr*>(&server.address), sizeof server.address) != 1);
    probe in{kind::accept, server.fd.get()};
    r.start(in);
    one_turn(r);
    for (int refused = 1; refused <= 3; ++refused) {
      const int made = sys.made(calls::accept_);
      CHECK(made >= refused);
      CHECK(r.stats().timers_armed == 1);
      ahead_ns += 50'000'000;
      one_turn(r);
      CHECK(sys.made(calls::accept_) == made + 1);  // one try per pause
    }
    descriptor accepted{static_cast<int>(in.wait())};
    CHECK(accepted.get() >= 0);
    CHECK(reports.load() == 1);
  }
}

TEST_CASE("reactor: connections that died in the accept queue are passed over; a wedged queue is an error") {
  for (int times : {1, 5}) {
    calls sys;
    sys.fail(calls::accept_, ECONNABORTED, 1, times);
    reactor r{with(sys)};
    listener server = listen_on_loopback();
    descriptor client = tcp_socket();
    static_cast<void>(::connect(client.get(), reinterpret_cast<sockaddr*>(&server.address), sizeof server.address));
    probe in{kind::accept, server.fd.get()};
    r.start(in);
    descriptor accepted{static_cast<int>(in.wait())};
    CHECK(accepted.get() >= 0);
  }
  calls sys;
  sys.fail(calls::accept_, EPROTO, 1, 1'000'000);
  reactor r{with(sys)};
  listener server = listen_on_loopback();
  probe in{kind::accept, server.fd.get()};
  r.start(in);
  CHECK(in.wait() == -EPROTO);
}

TEST_CASE("reactor: a paused listener can be cancelled, and stops with the reactor") {
  calls sys;
  sys.fail(calls::accept_, EMFILE, 1, 1'000'000);
  reactor r{with(sys)};
  listener server = listen_on_loopback();
  probe first{kind::accept, server.fd.get()}, second{kind::accept, server.fd.get()};
  r.start(first);
  r.start(second);
  one_turn(r);
  r.cancel(first);
  CHECK(first.wait() == -ECANCELED);
  r.stop();
  CHECK(second.wait() == -ECANCELED);
}

TEST_CASE("reactor: connect to a unix listener without room looks again; interrupted and pending connects complete") {
  calls sys;
  sys.fail(calls::connect_, EINTR, 1);
  reactor r{with(sys)};
  listener server = listen_on_loopback();
  descriptor client = tcp_socket();
  probe out{kind::connect, client.get(), &server.address, sizeof server.address};
  // The interrupted call was swallowed by the test, so nothing is under way: an unconnected socket hangs up at once.
  r.start(out);
  CHECK(out.wait() == 0);
}

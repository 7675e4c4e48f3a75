// The reactor over real descriptors: operations end once, with the right result, on the right thread.
#include "io/reactor.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <vector>

#include "io/support/probe.hpp"
#include "io/support/process.hpp"
#include "io/support/sockets.hpp"
#include "io/support/step.hpp"

using namespace weir_test;
using weir::detail::job;
using weir::io::reactor;
using kind = weir::detail::operation::kind;

namespace {

std::uint64_t live(const reactor& r) {
  const auto s = r.stats();
  return s.submitted - s.completed - s.cancelled;
}

}  // namespace

TEST_CASE("reactor: what is ready at once completes without waiting for an event") {
  pair p = socket_pair();
  REQUIRE(put(p.theirs, "hello"));
  reactor r{{}};
  char text[8];
  probe get{kind::recv, p.ours.get(), text, sizeof text};
  r.start(get);
  CHECK(get.wait() == 5);
  CHECK(std::string_view{text, 5} == "hello");
  CHECK(r.stats().operations_waiting == 0);
}

TEST_CASE("reactor: a read that has to wait completes when the bytes come, on the reactor thread") {
  pair p = socket_pair();
  reactor r{{}};
  for (int round = 0; round < 1000; ++round) {
    char text[8];
    probe get{kind::recv, p.ours.get(), text, sizeof text};
    r.start(get);
    REQUIRE(put(p.theirs, "x"));
    REQUIRE(get.wait() == 1);
    REQUIRE(get.completed_on != std::this_thread::get_id());
    REQUIRE(get.completions.load() == 1);
  }
  CHECK(live(r) == 0);
}

TEST_CASE("reactor: end of stream reads as zero, a broken pipe writes as EPIPE without a signal") {
  pair sockets = socket_pair();
  pair pipe = pipe_pair();
  reactor r{{}};
  sockets.theirs.reset();
  char text[8] = {};
  probe get{kind::recv, sockets.ours.get(), text, sizeof text};
  r.start(get);
  CHECK(get.wait() == 0);
  probe put_socket{kind::send, sockets.ours.get(), text, sizeof text};
  r.start(put_socket);
  CHECK(put_socket.wait() == -EPIPE);
  pipe.ours.reset();
  probe put_pipe{kind::write, pipe.theirs.get(), text, sizeof text};
  r.start(put_pipe);
  CHECK(put_pipe.wait() == -EPIPE);
}

TEST_CASE("reactor: a full pipe takes part of the bytes and the rest when there is room") {
  pair p = pipe_pair();
  ::fcntl(p.theirs.get(), F_SETPIPE_SZ, 4096);
  std::vector<char> bytes(10'000, 'a');
  reactor r{{}};
  probe first{kind::write, p.theirs.get(), bytes.data(), bytes.size()};
  r.start(first);
  const auto taken = first.wait();
  CHECK(taken > 0);
  CHECK(taken < 10'000);
  probe second{kind::write, p.theirs.get(), bytes.data(), bytes.size() - static_cast<std::size_t>(taken)};
  r.start(second);
  std::vector<char> sink(10'000);
  probe drain{kind::read, p.ours.get(), sink.data(), sink.size()};
  r.start(drain);
  CHECK(drain.wait() > 0);
  CHECK(second.wait() > 0);
}

TEST_CASE("reactor: waiters of one descriptor are served in the order they came") {
  pair p = socket_pair();
  reactor r{{}};
  char a[1], b[1], c[1];
  probe first{kind::recv, p.ours.get(), a, 1}, second{kind::recv, p.ours.get(), b, 1},
      third{kind::recv, p.ours.get(), c, 1};
  r.start(first);
  r.start(second);
  r.start(third);
  REQUIRE(put(p.theirs, "123"));
  CHECK(first.wait() == 1);
  CHECK(second.wait() == 1);
  CHECK(third.wait() == 1);
  CHECK(std::string{a[0], b[0], c[0]} == "123");
}

TEST_CASE("reactor: connect and accept meet; a refused connection is ECONNREFUSED") {
  listener server = listen_on_loopback();
  reactor r{{}};
  sockaddr_storage peer{};
  probe in{kind::accept, server.fd.get(), &peer, sizeof peer};
  r.start(in);
  descriptor client = tcp_socket();
  probe out{kind::connect, client.get(), &server.address, sizeof server.address};
  r.start(out);
  CHECK(out.wait() == 0);
  descriptor accepted{static_cast<int>(in.wait())};
  CHECK(accepted.get() >= 0);
  CHECK(in.size == sizeof(sockaddr_in));
  server.fd.reset();
  descriptor late = tcp_socket();
  probe refused{kind::connect, late.get(), &server.address, sizeof server.address};
  refused.generation = 2;  // the number was the listener's
  r.start(refused);
  CHECK(refused.wait() == -ECONNREFUSED);
}

TEST_CASE("reactor: a reset connection ends the read that waits for it") {
  listener server = listen_on_loopback();
  reactor r{{}};
  descriptor client = tcp_socket();
  probe out{kind::connect, client.get(), &server.address, sizeof server.address};
  probe in{kind::accept, server.fd.get()};
  r.start(out);
  r.start(in);
  REQUIRE(out.wait() == 0);
  descriptor accepted{static_cast<int>(in.wait())};
  char text[8];
  probe get{kind::recv, accepted.get(), text, sizeof text};
  r.start(get);
  const linger hard{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  client.reset();
  CHECK(get.wait() == -ECONNRESET);
}

TEST_CASE("reactor: polls report readiness without taking anything; a regular file is always ready") {
  pair p = socket_pair();
  reactor r{{}};
  for (const std::uint64_t generation : {std::uint64_t{0}, std::uint64_t{1}}) {
    char text[8];
    probe in{kind::poll_in, p.ours.get()};
    in.generation = generation;
    r.start(in);
    REQUIRE(put(p.theirs, "x"));
    CHECK(in.wait() == 0);
    probe again{kind::poll_in, p.ours.get()};  // still readable: the state counts, not the change
    again.generation = generation;
    r.start(again);
    CHECK(again.wait() == 0);
    CHECK(::read(p.ours.get(), text, sizeof text) == 1);
    probe out{kind::poll_out, p.ours.get()};
    out.generation = generation;
    r.start(out);
    CHECK(out.wait() == 0);
  }
  descriptor file{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};
  probe ready{kind::poll_in, file.get()};
  r.start(ready);
  CHECK(ready.wait() == 0);
  probe nothing{kind::poll_in, 1'000'000};
  r.start(nothing);
  CHECK(nothing.wait() == -EBADF);
  probe negative{kind::recv, -1};
  r.start(negative);
  CHECK(negative.wait() == -EBADF);
}

TEST_CASE("reactor: a closed and reused number waits for the new descriptor, not for the old one") {
  reactor r{{}};
  pair first = socket_pair();
  char text[8];
  {
    probe get{kind::recv, first.ours.get(), text, sizeof text};
    r.start(get);
    while (r.stats().operations_waiting != 1) std::this_thread::yield();  // watched by now
    REQUIRE(put(first.theirs, "a"));
    REQUIRE(get.wait() == 1);
  }
  pair second = socket_pair();
  descriptor kept{::dup(first.ours.get())};  // keeps the old registration alive in the kernel
  REQUIRE(::dup2(second.ours.get(), first.ours.get()) == first.ours.get());
  probe get{kind::recv, first.ours.get(), text, sizeof text};
  get.generation = 2;
  r.start(get);
  while (r.stats().operations_waiting != 1) std::this_thread::yield();
  REQUIRE(put(first.theirs, "old"));  // an event of the old life: must not reach the new waiter
  CHECK_FALSE(get.done());
  REQUIRE(put(second.theirs, "newer"));
  CHECK(get.wait() == 5);
}

TEST_CASE("reactor: who still waits for an earlier life of a number is told EBADF") {
  reactor r{{}};
  pair p = socket_pair();
  char text[8];
  probe old{kind::recv, p.ours.get(), text, sizeof text};
  r.start(old);
  probe young{kind::recv, p.ours.get(), text, sizeof text};
  young.generation = 2;
  r.start(young);
  CHECK(old.wait() == -EBADF);
  REQUIRE(put(p.theirs, "x"));
  CHECK(young.wait() == 1);
}

TEST_CASE("reactor: one turn hands its jobs for the arena over in one flush, in order") {
  struct arena {
    std::vector<job*> seen;
    std::vector<std::size_t> batches;
  } got;
  weir::io::reactor_options options;
  options.arena = &got;
  options.flush = [](void* to, job* chain, std::size_t count) noexcept {
    auto& a = *static_cast<arena*>(to);
    a.batches.push_back(count);
    for (; chain != nullptr; chain = chain->next) a.seen.push_back(chain);
  };
  std::vector<std::unique_ptr<step>> work;
  for (int i = 0; i < 50; ++i) work.push_back(std::make_unique<step>([] {}));
  reactor r{std::move(options)};
  step all{[&] {
    for (auto& w : work) r.resume_cpu(*w);
  }};
  r.resume_io(all);
  all.done.acquire();
  r.stop();
  CHECK(got.batches == std::vector<std::size_t>{50});
  REQUIRE(got.seen.size() == 50);
  for (std::size_t i = 0; i < 50; ++i) CHECK(got.seen[i] == work[i].get());
  CHECK(r.stats().batches_flushed == 1);
}

TEST_CASE("reactor: a continuation that holds the thread too long is reported with its name, once") {
  std::atomic<int> reports{0};
  std::string name;
  weir::io::reactor_options options;
  options.on_report = [&](const weir::report& seen) {
    if (seen.kind != weir::report_kind::slow_continuation) return;
    name = seen.name;
    ++reports;
  };
  static std::atomic<std::int64_t> clock_ns;
  clock_ns = 0;
  options.now = []() noexcept { return weir::detail::time_point{std::chrono::nanoseconds{clock_ns.load()}}; };
  reactor r{std::move(options)};
  step slow{[] { clock_ns += 120'000'000; }};
  r.resume_io(slow);
  slow.done.acquire();
  r.stop();
  CHECK(reports.load() == 1);
  CHECK(name == "step");
  CHECK(r.stats().continuation_max_ns == 120'000'000);
  CHECK(r.stats().slow_continuations == 1);
}

TEST_CASE("reactor: descriptors and threads are back to the start, whatever was pending") {
  const long descriptors = open_descriptors(), threads = live_threads();
  for (int round = 0; round < 200; ++round) {
    pair p = socket_pair();
    char text[8];
    probe get{kind::recv, p.ours.get(), text, sizeof text};
    probe forever{weir::detail::time_point::max()};
    reactor r{{}};
    r.start(get);
    r.start(forever);
    r.stop();
    REQUIRE(get.wait() == -ECANCELED);
    REQUIRE(forever.wait() == -ECANCELED);
    REQUIRE(live(r) == 0);
  }
  CHECK(open_descriptors() == descriptors);
  CHECK(threads_settle_at(threads));
}

TEST_CASE("reactor: an operation started after stop() still ends, as cancelled") {
  reactor r{{}};
  r.stop();
  probe late{weir::detail::time_point::max()};
  r.start(late);
  r.stop();
  CHECK(late.wait() == -ECANCELED);
}

#include "trace/recorder.hpp"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <weir/error.hpp>
#include <weir/trace.hpp>

#include "support.hpp"
#include "support/alloc_count.hpp"
#include "support/self.hpp"

namespace tracing = weir::tracing;
using weir::detail::event;
using weir::detail::trace;

namespace {

void run_jobs(std::uint64_t first, std::uint64_t count) {
  for (std::uint64_t i = first; i < first + count; ++i) {
    trace(event::spawn, i);
    trace(event::begin, i, 0, "job");
    trace(event::mark, i, 0, "inside");
    trace(event::end, i);
  }
}

}  // namespace

// A process of its own: it must not have recorded before.
TEST_CASE("recorder child: off" * doctest::skip()) {
  const auto counts = support::allocations_during([] {
    std::thread{[] { run_jobs(0, 1000); }}.join();
    run_jobs(0, 1000);
  });
  if (support::allocations_counted()) CHECK(counts.total() < 100);  // the thread's own
  CHECK(tracing::recorder_stats().rings == 0);
  CHECK(tracing::recorder_stats().lost == 0);
  CHECK_FALSE(tracing::active());
}

TEST_CASE("recorder: what is off leaves no trace: no ring, no allocation") {
  CHECK(support::run_self("-u WEIR_TRACE", "recorder child: off") == 0);
}

TEST_CASE("recorder: what threads did concurrently is in the file, each on its own line") {
  const support::scratch_directory dir;
  {
    weir::trace::recording rec{dir.file("t.json")};
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 4; ++t)
      threads.emplace_back([t] {
        run_jobs(t * 1000, 500);
        const std::array<char, 16> name{'l', 'a', 't', 'e', '-', static_cast<char>('0' + t)};
        pthread_setname_np(pthread_self(), name.data());
      });
    for (std::thread& t : threads) t.join();
    weir::trace::mark("finish \"line\"", 7);
  }
  CHECK(support::trace_is_valid(dir.file("t.json"), "job=2000 queued=2000 inside=2000 'finish \"line\"=1' lost=0"));
  const std::string text = support::read_file(dir.file("t.json"));
  for (const char* name : {"late-0", "late-1", "late-2", "late-3"})
    CHECK(text.find("\"args\":{\"name\":\"" + std::string{name} + "\"}") != std::string::npos);
}

TEST_CASE("recorder: a flood keeps the newest events and says exactly how many are missing") {
  const support::scratch_directory dir;
  {
    weir::trace::recording rec{dir.file("t.json")};
    for (int i = 0; i < 100'000; ++i) weir::trace::mark("flood");
  }
  CHECK(support::trace_is_valid(dir.file("t.json"), "flood=32767 lost=67233"));
}

TEST_CASE("recorder: stopping while threads go on recording gives a valid file, and they do not notice") {
  const support::scratch_directory dir;
  std::atomic<bool> stop{false};
  std::atomic<int> running{0};
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; !stop.load(); ++i) {
        run_jobs(t << 32U | i, 1);
        if (i == 100) running.fetch_add(1);
      }
    });
  for (int round = 0; round < 2; ++round) {
    weir::trace::recording rec{dir.file("t.json")};
    for (int n = 0; n < 1000 || running.load() < 3; ++n) run_jobs(1, 1);
    rec.stop();
    CHECK(support::trace_is_valid(dir.file("t.json")));
  }
  stop.store(true);
  for (std::thread& t : threads) t.join();
}

TEST_CASE("recorder: after a thread's first event nothing allocates") {
  if (!support::allocations_counted()) return;
  const support::scratch_directory dir;
  weir::trace::recording rec{dir.file("t.json")};
  run_jobs(0, 1);
  CHECK(support::allocations_during([] { run_jobs(0, 20'000); }).total() == 0);
}

TEST_CASE("recorder: ended threads leave their rings to the next ones") {
  const support::scratch_directory dir;
  weir::trace::recording rec{dir.file("t.json")};
  run_jobs(0, 1);
  std::thread{[] { run_jobs(0, 1); }}.join();
  const auto rings = tracing::recorder_stats().rings;
  for (int i = 0; i < 300; ++i) std::thread{[] { run_jobs(0, 1); }}.join();
  CHECK(tracing::recorder_stats().rings == rings);
}

TEST_CASE("recorder: events during thread exit are counted, not recorded into another thread's ring") {
  struct late {
    ~late() { weir::trace::mark("too late"); }
    bool armed = false;
  };
  const support::scratch_directory dir;
  weir::trace::recording rec{dir.file("t.json")};
  const auto lost = tracing::recorder_stats().lost;
  std::thread{[] {
    static thread_local late last;  // constructed before the ring's hook: destroyed after it
    last.armed = true;
    weir::trace::mark("in time");
  }}.join();
  CHECK(tracing::recorder_stats().lost == lost + 1);
  rec.stop();
  CHECK(support::trace_is_valid(dir.file("t.json"), "'in time=1' 'too late=0' lost=1"));
}

TEST_CASE("recorder: one recording at a time; a second one is refused and harms nothing") {
  const support::scratch_directory dir;
  weir::trace::recording rec{dir.file("a.json")};
  weir::trace::mark("kept");
  CHECK_THROWS_AS(weir::trace::recording{dir.file("b.json")}, weir::error);
  CHECK_FALSE(std::filesystem::exists(dir.file("b.json")));
  rec.stop();
  rec.stop();
  CHECK(support::trace_is_valid(dir.file("a.json"), "kept=1"));
  {
    weir::trace::recording again{dir.file("b.json")};
  }
  CHECK(support::trace_is_valid(dir.file("b.json"), "kept=0"));
}

TEST_CASE("recorder: files that cannot be written are errors that name them") {
  CHECK_THROWS_AS(weir::trace::recording{"/nonexistent/t.json"}, std::system_error);
  CHECK_FALSE(tracing::active());
  weir::trace::recording full{"/dev/full"};
  weir::trace::mark("nowhere");
  CHECK_THROWS_AS(full.stop(), std::system_error);
  CHECK_FALSE(tracing::active());
}

// What a program with two runtimes, one inside the other's lifetime, does; run as a child by the cases below.
TEST_CASE("recorder child: two runtimes" * doctest::skip()) {
  tracing::runtime_started();
  run_jobs(0, 10);
  tracing::runtime_started();
  run_jobs(10, 10);
  tracing::runtime_ended();
  run_jobs(20, 10);
  tracing::runtime_ended();
  CHECK_FALSE(tracing::active());
}

TEST_CASE("recorder child: exit with a runtime alive" * doctest::skip()) {
  tracing::runtime_started();
  run_jobs(0, 10);
}

TEST_CASE("recorder child: runtimes one after the other" * doctest::skip()) {
  for (const std::uint64_t jobs : {1U, 2U, 3U}) {
    tracing::runtime_started();
    run_jobs(0, jobs);
    tracing::runtime_ended();
  }
}

TEST_CASE("recorder child: fork" * doctest::skip()) {
  tracing::runtime_started();
  run_jobs(0, 10);
  const pid_t child = fork();
  if (child == 0) {
    run_jobs(100, 10);
    const bool off = !tracing::active();
    tracing::runtime_ended();
    std::exit(off ? 0 : 1);  // runs exit handlers: still must not write
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  run_jobs(200, 10);
  tracing::runtime_ended();
}

TEST_CASE("recorder: WEIR_TRACE records from the first runtime to the end of the last") {
  const support::scratch_directory dir;
  CHECK(support::run_self("WEIR_TRACE=" + dir.file("t.json"), "recorder child: two runtimes") == 0);
  CHECK(support::trace_is_valid(dir.file("t.json"), "job=30 queued=30 lost=0"));
}

TEST_CASE("recorder: WEIR_TRACE is written at exit when a runtime is never destroyed") {
  const support::scratch_directory dir;
  CHECK(support::run_self("WEIR_TRACE=" + dir.file("t.json"), "recorder child: exit with a runtime alive") == 0);
  CHECK(support::trace_is_valid(dir.file("t.json"), "job=10"));
}

TEST_CASE("recorder: each recording of WEIR_TRACE in a process has a file of its own") {
  const support::scratch_directory dir;
  CHECK(support::run_self("WEIR_TRACE=" + dir.file("t-%p.json"), "recorder child: runtimes one after the other") == 0);
  std::vector<std::string> files;
  for (const auto& f : std::filesystem::directory_iterator{dir.file("")}) files.push_back(f.path().string());
  std::sort(files.begin(), files.end());
  REQUIRE(files.size() == 3);
  CHECK(support::trace_is_valid(files[0], "job=1"));
  CHECK(support::trace_is_valid(files[1], "job=2"));
  CHECK(support::trace_is_valid(files[2], "job=3"));
}

TEST_CASE("recorder: the child of a fork neither records nor writes its parent's file") {
  const support::scratch_directory dir;
  CHECK(support::run_self("WEIR_TRACE=" + dir.file("t.json"), "recorder child: fork") == 0);
  CHECK(support::trace_is_valid(dir.file("t.json"), "job=20"));
}

TEST_CASE("recorder: an unwritable WEIR_TRACE costs one line on stderr and nothing else") {
  const support::scratch_directory dir;
  for (const char* path : {"/nonexistent/t.json", "/dev/full"}) {
    CAPTURE(path);
    CHECK(support::run_self(std::string{"WEIR_TRACE="} + path, "recorder child: two runtimes", dir.file("err")) == 0);
    const std::string err = support::read_file(dir.file("err"));
    CHECK(err.find(path) != std::string::npos);
    CHECK(std::count(err.begin(), err.end(), '\n') == 1);
  }
}

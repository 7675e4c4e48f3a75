#include "trace/recorder.hpp"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <latch>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <weir/error.hpp>
#include <weir/trace.hpp>

#include "support.hpp"
#include "support/alloc_count.hpp"
#include "support/self.hpp"
#include "trace/session.hpp"

namespace tracing = weir::tracing;
using weir::detail::event;
using weir::detail::trace;
using weir::trace::category;

namespace {

void run_jobs(std::uint64_t first, std::uint64_t count) {
  for (std::uint64_t i = first; i < first + count; ++i) {
    trace(event::spawn, i + 1);
    trace(event::begin, i + 1, 0, 0, "job");
    weir::trace::mark("inside", i);
    trace(event::end, i + 1);
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
  CHECK(tracing::session::homeless() == 0);
  CHECK_FALSE(tracing::active());
}

TEST_CASE("recorder: what is off leaves no trace: no ring, no allocation") {
  CHECK(support::run_self("-u WEIR_TRACE", "recorder child: off") == 0);
}

TEST_CASE("recorder: what threads did concurrently is in the file, each as itself, under its last name") {
  const support::scratch_directory dir;
  {
    weir::trace::recording rec{dir.file("t.wtr")};
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
  CHECK(support::trace_is_valid(dir.file("t.wtr"),
                                "BEGIN:job=2000 SPAWN=2000 MARK:inside=2000 'MARK:finish \"line\"=1' lost=0 whole=1 "
                                "balance=1 THREAD:late-0=1 THREAD:late-1=1 THREAD:late-2=1 THREAD:late-3=1"));
}

TEST_CASE("recorder: a flood that the disk's thread cannot follow is counted exactly") {
  const support::scratch_directory dir;
  constexpr int n = 300'000;
  {
    weir::trace::recording rec{dir.file("t.wtr"), {.ring_bytes = 4096}};
    for (int i = 0; i < n; ++i) weir::trace::mark("flood");
    rec.stop();
  }
  CHECK(support::trace_is_valid(dir.file("t.wtr"), "whole=1 'lost>0' 'MARK+lost=" + std::to_string(n) + "'"));
}

TEST_CASE("recorder: generations end at four MiB, and each can be read alone") {
  const support::scratch_directory dir;
  constexpr int n = 150'000;  // 4.6 MiB
  {
    weir::trace::recording rec{dir.file("t.wtr"), {.ring_bytes = std::size_t{1} << 24U}};
    for (int i = 0; i < n; ++i) weir::trace::mark("flood");
  }
  CHECK(support::trace_is_valid(dir.file("t.wtr"), "whole=1 lost=0 'generations>1' MARK:flood=" + std::to_string(n)));
}

TEST_CASE("recorder: stopping while threads go on recording gives a whole file, and they do not notice") {
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
    weir::trace::recording rec{dir.file("t.wtr"), {.ring_bytes = 4096}};
    for (int n = 0; n < 200 || running.load() < 3; ++n) run_jobs(1, 1);
    rec.stop();
    CHECK(support::trace_is_valid(dir.file("t.wtr"), "whole=1"));
  }
  stop.store(true);
  for (std::thread& t : threads) t.join();
}

TEST_CASE("recorder: after a thread's first event of each kind nothing allocates") {
  if (!support::allocations_counted()) return;
  const support::scratch_directory dir;
  weir::trace::flight_recorder rec{{.directory = dir.file("")}};
  run_jobs(0, 1);
  std::uint64_t mine = 1;  // the tracing thread may allocate meanwhile, but not each time
  for (int round = 0; round < 5 && mine != 0; ++round)
    mine = support::allocations_during([] { run_jobs(0, 20'000); }).total();
  CHECK(mine == 0);
}

TEST_CASE("recorder: a thousand threads one after the other share a ring, and a thousand at once have one each") {
  const support::scratch_directory dir;
  {
    weir::trace::recording rec{dir.file("a.wtr")};
    for (int i = 0; i < 1000; ++i) std::thread{[] { run_jobs(0, 1); }}.join();
  }
  CHECK(support::trace_is_valid(dir.file("a.wtr"), "'MARK+lost>999' whole=1"));
  std::latch ready{1000};
  weir::trace::recording rec{dir.file("b.wtr"), {.what = category::task}};
  std::vector<std::thread> threads;
  for (int i = 0; i < 1000; ++i)
    threads.emplace_back([&] {
      run_jobs(0, 1);
      ready.arrive_and_wait();
    });
  for (std::thread& t : threads) t.join();
  rec.stop();
  CHECK(support::trace_is_valid(dir.file("b.wtr"), "threads=1000 MARK:inside=1000 lost=0"));
}

TEST_CASE("recorder: events during thread exit are counted, not recorded into another thread's ring") {
  struct late {
    ~late() { weir::trace::mark("too late"); }
    bool armed = false;
  };
  const support::scratch_directory dir;
  weir::trace::recording rec{dir.file("t.wtr")};
  std::thread{[] {
    static thread_local late last;  // constructed before the seat's hook: destroyed after it
    last.armed = true;
    weir::trace::mark("in time");
  }}.join();
  rec.stop();
  CHECK(support::trace_is_valid(dir.file("t.wtr"), "'MARK:in time=1' 'MARK:too late=0' lost=1"));
}

TEST_CASE("recorder: a category that is not asked for records nothing") {
  const support::scratch_directory dir;
  for (const auto& [what, kept] : {std::pair{category::metrics, "MARK=1 SPAWN=0 TICK=0 'COUNTER>0'"},
                                   std::pair{category::io, "MARK=1 SPAWN=0 TICK=1 COUNTER=0"},
                                   std::pair{category::io | category::task, "MARK=1 SPAWN=1 TICK=1 COUNTER=0"}}) {
    weir::trace::recording rec{dir.file("t.wtr"), {.what = what}};
    trace(event::counter, 0, 1);
    trace(event::spawn, 1);
    trace(event::tick, 1);
    weir::trace::mark("always");
    rec.stop();
    CHECK(support::trace_is_valid(dir.file("t.wtr"), kept));
  }
}

TEST_CASE("recorder: one recording at a time; a second one is refused and harms nothing") {
  const support::scratch_directory dir;
  weir::trace::recording rec{dir.file("a.wtr")};
  weir::trace::mark("kept");
  CHECK_THROWS_AS(weir::trace::recording{dir.file("b.wtr")}, weir::error);
  CHECK_THROWS_AS(weir::trace::flight_recorder{}, weir::error);
  CHECK_THROWS_AS(weir::trace::snapshot(dir.file("c.wtr")), weir::error);
  CHECK_FALSE(std::filesystem::exists(dir.file("b.wtr")));
  rec.stop();
  rec.stop();
  CHECK(support::trace_is_valid(dir.file("a.wtr"), "MARK:kept=1"));
  {
    weir::trace::recording again{dir.file("b.wtr")};
  }
  CHECK(support::trace_is_valid(dir.file("b.wtr"), "MARK:kept=0 whole=1"));
}

TEST_CASE("recorder: files that cannot be written are errors that name them") {
  CHECK_THROWS_AS(weir::trace::recording{"/nonexistent/t.wtr"}, std::system_error);
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
  CHECK(support::run_self("WEIR_TRACE=" + dir.file("t.wtr"), "recorder child: two runtimes") == 0);
  CHECK(support::trace_is_valid(dir.file("t.wtr"), "BEGIN:job=30 SPAWN=30 lost=0 whole=1"));
}

TEST_CASE("recorder: WEIR_TRACE_EVENTS and WEIR_TRACE_RING are heeded") {
  const support::scratch_directory dir;
  CHECK(support::run_self("WEIR_TRACE_EVENTS=io WEIR_TRACE_RING=4096 WEIR_TRACE=" + dir.file("t.wtr"),
                          "recorder child: two runtimes") == 0);
  CHECK(support::trace_is_valid(dir.file("t.wtr"), "BEGIN=0 MARK=30"));
}

TEST_CASE("recorder: WEIR_TRACE is written at exit when a runtime is never destroyed") {
  const support::scratch_directory dir;
  CHECK(support::run_self("WEIR_TRACE=" + dir.file("t.wtr"), "recorder child: exit with a runtime alive") == 0);
  CHECK(support::trace_is_valid(dir.file("t.wtr"), "BEGIN:job=10 whole=1"));
}

TEST_CASE("recorder: each recording of WEIR_TRACE in a process has a file of its own") {
  const support::scratch_directory dir;
  CHECK(support::run_self("WEIR_TRACE=" + dir.file("t-%p.wtr"), "recorder child: runtimes one after the other") == 0);
  std::vector<std::string> files;
  for (const auto& f : std::filesystem::directory_iterator{dir.file("")}) files.push_back(f.path().string());
  std::sort(files.begin(), files.end());
  REQUIRE(files.size() == 3);
  CHECK(support::trace_is_valid(files[0], "BEGIN:job=1"));
  CHECK(support::trace_is_valid(files[1], "BEGIN:job=2"));
  CHECK(support::trace_is_valid(files[2], "BEGIN:job=3"));
}

TEST_CASE("recorder: the child of a fork neither records nor writes its parent's file") {
  const support::scratch_directory dir;
  CHECK(support::run_self("WEIR_TRACE=" + dir.file("t.wtr"), "recorder child: fork") == 0);
  CHECK(support::trace_is_valid(dir.file("t.wtr"), "BEGIN:job=20 whole=1"));
  CHECK(support::run_self("WEIR_TRACE=flight WEIR_TRACE_DIR=" + dir.file(""), "recorder child: fork") == 0);
}

TEST_CASE("recorder: an unwritable or senseless WEIR_TRACE costs one line on stderr and nothing else") {
  const support::scratch_directory dir;
  const auto one_line = [&](const std::string& environment, const std::string& says) {
    CAPTURE(environment);
    CHECK(support::run_self(environment, "recorder child: two runtimes", dir.file("err")) == 0);
    const std::string err = support::read_file(dir.file("err"));
    CHECK(err.find(says) != std::string::npos);
    CHECK(std::count(err.begin(), err.end(), '\n') == 1);
  };
  for (const char* path : {"/nonexistent/t.wtr", "/dev/full"}) one_line(std::string{"WEIR_TRACE="} + path, path);
  one_line("WEIR_TRACE=t.json", "weir convert");
  one_line("WEIR_TRACE=flight WEIR_TRACE_DIR=/nonexistent", "/nonexistent/");
  one_line("WEIR_TRACE=t.wtr WEIR_TRACE_EVENTS=tasks", "WEIR_TRACE_EVENTS=tasks");
  one_line("WEIR_TRACE=t.wtr WEIR_TRACE_SAMPLE=0", "WEIR_TRACE_SAMPLE=0");
  one_line("WEIR_TRACE=flight WEIR_TRACE_TRIGGER=50ms", "lag>50ms");
}

TEST_CASE("recorder: a summary on stderr says what ran and what the recording cost") {
  const support::scratch_directory dir;
  CHECK(support::run_self("WEIR_TRACE=summary", "recorder child: two runtimes", dir.file("err")) == 0);
  const std::string err = support::read_file(dir.file("err"));
  CHECK(err.find("120 events, 0 lost") != std::string::npos);
  CHECK(err.find("started 30, ended 30") != std::string::npos);
  CHECK(err.find("30 ") != std::string::npos);
  CHECK(err.find("  job") != std::string::npos);
}

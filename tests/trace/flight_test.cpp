#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <weir/trace.hpp>

#include "support.hpp"
#include "support/self.hpp"
#include "support/stress.hpp"
#include "trace/clock.hpp"
#include "trace/flight_file.hpp"
#include "trace/format.hpp"
#include "trace/recorder.hpp"

namespace fs = std::filesystem;
namespace tracing = weir::tracing;
using weir::detail::event;

namespace {

std::vector<std::string> traces_in(const support::scratch_directory& dir) {
  std::vector<std::string> files;
  for (const auto& f : fs::directory_iterator{dir.file("")})
    if (f.path().extension() == ".wtr") files.push_back(f.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

template <class T>
T at(const std::string& bytes, std::size_t offset) {
  T value{};
  REQUIRE(offset + sizeof value <= bytes.size());
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

struct recovered {
  std::uint64_t events = 0;
  std::uint64_t torn = 0;
};

// The events of all rings, by docs/reference/trace-format.md. The marks of a thread count up in `arg`.
recovered recover(const std::string& file) {
  const std::string bytes = support::read_file(file);
  recovered all;
  for (std::uint32_t r = 0; r < at<std::uint32_t>(bytes, 132); ++r) {
    const auto slot = at<tracing::ring_slot>(bytes, tracing::rings_offset + r * sizeof(tracing::ring_slot));
    const auto head = at<std::uint64_t>(bytes, slot.offset + tracing::ring_head_at);
    const std::uint64_t first = head > slot.capacity - 1 ? head - (slot.capacity - 1) : 0;
    for (std::uint64_t n = first; n < head; ++n) {
      const auto e = at<tracing::event_record>(
          bytes, slot.offset + tracing::ring_header_bytes + n % slot.capacity * sizeof(tracing::event_record));
      all.torn += e.what != static_cast<std::uint16_t>(event::park) || e.id != e.arg * 3 || e.arg != n;
      ++all.events;
    }
  }
  return all;
}

pid_t start_self(const std::string& test_case, const std::string& directory) {
  const std::string self = fs::read_symlink("/proc/self/exe").string();
  std::array<std::string, 3> words{self, "--no-skip", "--test-case=" + test_case};
  std::array<std::string, 5> variables{"WEIR_TRACE=flight", "WEIR_TRACE_DIR=" + directory, "WEIR_TRACE_RING=16384",
                                       "WEIR_TRACE_EVENTS=task", "PATH=/usr/bin:/bin"};
  std::array<char*, 4> argv{words[0].data(), words[1].data(), words[2].data(), nullptr};
  std::array<char*, 6> env{};
  std::ranges::transform(variables, env.begin(), [](std::string& v) { return v.data(); });
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  REQUIRE(posix_spawn(&child, self.c_str(), &quiet, nullptr, argv.data(), env.data()) == 0);
  posix_spawn_file_actions_destroy(&quiet);
  return child;
}

// Kills `rounds` processes that record, each at a random moment after their rings are there.
void kill_and_recover(int rounds) {
  std::mt19937 random{7};
  std::uint64_t events = 0;
  std::uint64_t torn = 0;
  for (int round = 0; round < rounds; ++round) {
    const support::scratch_directory dir;
    const pid_t child = start_self("flight child: records for ever", dir.file(""));
    std::string file;
    while (file.empty() || fs::file_size(file) < tracing::first_ring_offset + 3 * 16384) {
      const auto files = traces_in(dir);
      file = files.empty() ? "" : files[0];
      std::this_thread::yield();
    }
    const std::uint64_t until = tracing::monotonic_ns() + random() % 3'000'000;
    while (tracing::monotonic_ns() < until) {
    }
    kill(child, SIGKILL);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    const recovered r = recover(file);
    events += r.events;
    torn += r.torn;
    if (round == 0) CHECK(support::trace_is_valid(file, "whole=0 'PARK>0'"));
  }
  CHECK(torn == 0);
  CHECK(events > 100U * static_cast<unsigned>(rounds));
}

}  // namespace

TEST_CASE("flight child: records for ever" * doctest::skip()) {
  tracing::runtime_started();
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([] {
      for (std::uint64_t i = 0;; ++i) weir::detail::trace(event::park, i * 3, i);
    });
  for (std::thread& t : threads) t.join();
}

TEST_CASE("flight: processes that are killed while they record leave no torn event") { kill_and_recover(3); }

TEST_SUITE("stress") {
  TEST_CASE("flight: a hundred processes that are killed while they record leave no torn event") {
    kill_and_recover(weir_test::stress::rounds(100));
  }
}

TEST_CASE("flight: a snapshot has the newest events of each thread and says what was overwritten") {
  const support::scratch_directory dir;
  weir::trace::flight_recorder rec{{.ring_bytes = 4096, .directory = dir.file("")}};
  for (int i = 0; i < 1000; ++i) weir::trace::mark("tick");
  weir::trace::snapshot(dir.file("a.wtr"));
  CHECK(support::trace_is_valid(dir.file("a.wtr"), "MARK:tick=127 lost=873 whole=1"));
  weir::trace::mark("one more");
  weir::trace::snapshot(dir.file("b-%p.wtr"));
  CHECK(support::trace_is_valid(dir.file("b-" + std::to_string(getpid()) + ".wtr"),
                                "MARK:tick=126 'MARK:one more=1' lost=874 whole=1"));
}

TEST_CASE("flight: the file can be read while it is written, is private, and is gone after an orderly end") {
  const support::scratch_directory dir;
  std::string file;
  {
    weir::trace::flight_recorder rec{{.directory = dir.file("")}};
    file = rec.file();
    weir::trace::mark("seen", 1);
    CHECK(support::trace_is_valid(file, "MARK:seen=1 lost=0 whole=0"));
    CHECK((fs::status(file).permissions() & fs::perms::all) == (fs::perms::owner_read | fs::perms::owner_write));
  }
  CHECK_FALSE(fs::exists(file));
}

TEST_CASE("flight: of files that dead processes left the newest four stay, and what is not ours is not touched") {
  const support::scratch_directory dir;
  for (int i = 0; i < 7; ++i) {
    std::ofstream{dir.file("weir-999999" + std::to_string(i) + "-1.wtr")} << i;
    fs::last_write_time(dir.file("weir-999999" + std::to_string(i) + "-1.wtr"),
                        fs::file_time_type::clock::now() - std::chrono::hours{10 - i});
  }
  std::ofstream{dir.file("weir-notes.wtr")} << "mine";
  std::ofstream{dir.file("other.wtr")} << "mine";
  tracing::remove_stale(dir.file(""));
  CHECK(traces_in(dir).size() == 6);
  CHECK_FALSE(fs::exists(dir.file("weir-9999992-1.wtr")));
  CHECK(fs::exists(dir.file("weir-9999993-1.wtr")));
  CHECK(fs::exists(dir.file("weir-notes.wtr")));
}

TEST_CASE("flight: a reactor that is late has what happened before dumped") {
  const support::scratch_directory dir;
  weir::trace::flight_recorder rec{{.directory = dir.file(""), .dump_when_lag_exceeds = std::chrono::milliseconds{50}}};
  weir::trace::mark("before");
  weir::detail::trace(event::tick, weir::detail::trace_pair(49'000'000, 0));
  weir::detail::trace(event::tick, weir::detail::trace_pair(51'000'000, 0));
  const std::string dump = tracing::dump_path(rec.file(), 1);
  const auto whole = [&] { return fs::exists(dump) && support::read_file(dump).ends_with(std::string(32, '\0')); };
  while (!whole()) std::this_thread::yield();  // the file's last block has reserved bytes at its end
  CHECK(support::trace_is_valid(dump, "MARK:before=1 TICK=2 whole=1"));
}

TEST_CASE("flight child: records beyond a limit of size" * doctest::skip()) {
  const rlimit limit{tracing::first_ring_offset + 40'000, tracing::first_ring_offset + 40'000};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  tracing::runtime_started();
  int ran = 0;
  std::vector<std::thread> threads;
  std::atomic<int> done{0};
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) weir::trace::mark("m");
      done.fetch_add(1);
      while (done.load() < 8) std::this_thread::yield();
    });
  for (std::thread& t : threads) t.join(), ++ran;
  CHECK(ran == 8);
  CHECK_FALSE(tracing::active());
  tracing::runtime_ended();
}

TEST_CASE("flight: a file that must not grow turns tracing off with one message; the program does not notice") {
  const support::scratch_directory dir;
  CHECK(support::run_self("WEIR_TRACE=flight WEIR_TRACE_RING=16384 WEIR_TRACE_DIR=" + dir.file(""),
                          "flight child: records beyond a limit of size", dir.file("err")) == 0);
  const std::string err = support::read_file(dir.file("err"));
  CHECK(err.find("File too large; nothing more is recorded") != std::string::npos);
  CHECK(std::count(err.begin(), err.end(), '\n') == 1);
}

TEST_CASE("flight child: a stream beyond a limit of size" * doctest::skip()) {
  const rlimit limit{40'000, 40'000};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  tracing::runtime_started();
  for (int i = 0; i < 100'000; ++i) weir::trace::mark("m");
  tracing::runtime_ended();
  CHECK_FALSE(tracing::active());
}

TEST_CASE("flight: a stream that must not grow ends with one message, and what was written can be read") {
  const support::scratch_directory dir;
  CHECK(support::run_self("WEIR_TRACE=" + dir.file("t.wtr"), "flight child: a stream beyond a limit of size",
                          dir.file("err")) == 0);
  const std::string err = support::read_file(dir.file("err"));
  CHECK(std::count(err.begin(), err.end(), '\n') == 1);
  CHECK(support::trace_is_valid(dir.file("t.wtr"), "whole=0"));
}

TEST_CASE("flight: a file system of 64 KiB ends tracing with one message; the program does not notice") {
  const support::scratch_directory dir;
  const std::string small = dir.file("small");
  fs::create_directory(small);
  if (std::system("unshare -rm true 2>/dev/null") != 0) return;  // no namespace to mount it in
  const std::string self = fs::read_symlink("/proc/self/exe").string();
  for (const std::string& trace : {"WEIR_TRACE=flight WEIR_TRACE_DIR=" + small, "WEIR_TRACE=" + small + "/t.wtr"}) {
    CAPTURE(trace);
    const std::string inside = "mount -t tmpfs -o size=64k tmpfs " + small + " && env " + trace + " " + self +
                               " --no-skip \"--test-case=flight child: many marks\"";
    CHECK(std::system(("unshare -rm sh -c '" + inside + "' >/dev/null 2>" + dir.file("err")).c_str()) == 0);
    const std::string err = support::read_file(dir.file("err"));
    CHECK(err.find("No space left on device") != std::string::npos);
    CHECK(std::count(err.begin(), err.end(), '\n') == 1);
  }
}

TEST_CASE("flight child: many marks" * doctest::skip()) {
  tracing::runtime_started();
  for (int i = 0; i < 100'000; ++i) weir::trace::mark("m");
  tracing::runtime_ended();
}

// Files, pipes, signals, foreign descriptors, buffers over the real runtime.
#include <weir/error.hpp>
#include <weir/io/buffer.hpp>
#include <weir/io/file.hpp>
#include <weir/io/pipe.hpp>
#include <weir/io/signal_set.hpp>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "coro/io_fixture.hpp"

using namespace io_test;
using weir::bytes_of;
using weir::file;
using weir::file_mode;
using weir::file_reader;
using weir::task;

namespace {

struct scratch {
  std::string path = "weir_file_test." + std::to_string(::getpid());
  ~scratch() { ::unlink(path.c_str()); }
};

task<void> write_file(std::string path, std::string text) {
  const file f = co_await file::open(path, file_mode::write);
  co_await f.write_at(0, bytes_of(text));
  co_await f.sync();
}

task<std::string> read_all(file_reader in) {
  std::string all;
  while (const weir::buffer chunk = co_await in.next()) all += chunk.text();
  co_return all;
}

task<file> open_for_reading(std::string path) { co_return co_await file::open(path, file_mode::read); }

std::string numbers(int n) {
  std::string text;
  for (int i = 0; i < n; ++i) text += std::to_string(i) + '\n';
  return text;
}

}  // namespace

TEST_CASE("file: what is written at a position is read there; the end is a short read") {
  const nothing_left check;
  const scratch s;
  weir::runtime rt{{.threads = 1}};
  run(rt, write_file(s.path, "0123456789"));
  const auto use = [](std::string path) -> task<std::string> {
    const file f = co_await file::open(path, file_mode::read_write);
    co_await f.write_at(3, bytes_of("abc"));
    std::array<std::byte, 8> part{};
    const std::size_t n = co_await f.read_at(2, part);
    const std::size_t behind = co_await f.read_at(100, part);
    const std::uint64_t size = co_await f.size();
    co_await f.truncate(4);
    const std::size_t left = co_await f.read_at(0, part);
    co_return std::to_string(n) + ' ' + std::to_string(behind) + ' ' + std::to_string(size) + ' ' +
        std::to_string(left);
  };
  CHECK(run(rt, use(s.path)) == "8 0 10 4");
}

TEST_CASE("file: every call of one that is not open says so") {
  const file none;
  std::array<std::byte, 8> bytes{};
  CHECK_THROWS_WITH_AS((void)none.read_at(0, bytes), "weir: file::read_at: the file is not open",
                       std::invalid_argument);
  CHECK_THROWS_AS((void)none.write_at(0, bytes), std::invalid_argument);
  CHECK_THROWS_AS((void)none.write_all(bytes), std::invalid_argument);
  CHECK_THROWS_AS((void)none.size(), std::invalid_argument);
  CHECK_THROWS_AS((void)none.truncate(0), std::invalid_argument);
  CHECK_THROWS_AS((void)none.sync(), std::invalid_argument);
}

TEST_CASE("file_reader: chunks come in order, complete, with one read ahead, on both homes") {
  const nothing_left check;
  const scratch s;
  weir::runtime rt{{.threads = 1, .blocking_threads = 2}};
  const std::string text = numbers(50'000);
  run(rt, write_file(s.path, text));
  for (home where : {home::io, home::cpu})
    for (std::size_t chunk : {std::size_t{1000}, std::size_t{4096}, text.size(), text.size() + 1})
      CHECK(run(rt, read_all(file_reader{run(rt, open_for_reading(s.path)), chunk}), where) == text);
}

TEST_CASE("file_reader: may be destroyed while a chunk is on its way") {
  const nothing_left check;
  const scratch s;
  weir::runtime rt{{.threads = 1}};
  run(rt, write_file(s.path, numbers(10'000)));
  const auto one = [](file_reader in) -> task<std::size_t> { co_return (co_await in.next()).size(); };
  for (int i = 0; i < 200; ++i) REQUIRE(run(rt, one(file_reader{run(rt, open_for_reading(s.path)), 512})) == 512);
}

TEST_CASE("file: errors name the operation and the file") {
  weir::runtime rt{{.threads = 1}};
  const auto fails = [&](auto&& f, const char* message) {
    try {
      f();
    } catch (const std::system_error& e) {
      CHECK(std::string{e.what()} == message);
      return;
    }
    CHECK(false);
  };
  fails([&] { run(rt, open_for_reading("/nonexistent/x")); }, "open /nonexistent/x: No such file or directory");
  const auto fill = [](std::string path) -> task<void> {
    const file f = co_await file::open(path, file_mode::append);
    co_await f.write_all(bytes_of("x"));
  };
  fails([&] { run(rt, fill("/dev/full")); }, "write /dev/full: No space left on device");
  const auto read_directory = [](std::string path) -> task<std::string> {
    co_return co_await read_all(file_reader{co_await file::open(path, file_mode::read)});
  };
  fails([&] { run(rt, read_directory("/")); }, "read /: Is a directory");
}

TEST_CASE("file: a path with a NUL is refused by name, not cut") {
  weir::runtime rt{{.threads = 1}};
  try {
    run(rt, open_for_reading(std::string{"/etc/passwd\0x", 13}));
    FAIL("opened");
  } catch (const std::invalid_argument& e) {
    CHECK(std::string{e.what()}.find("path") != std::string::npos);
  }
}

TEST_CASE("file: a write to a pipe without a reader is EPIPE, not a signal") {
  weir::runtime rt{{.threads = 1}};
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  ::close(ends[0]);
  const file out = file::adopt(ends[1], "stdout");
  const auto put = [](const file& f) -> task<void> { co_await f.write_all(bytes_of("x")); };
  CHECK_THROWS_WITH_AS(run(rt, put(out)), "write stdout: Broken pipe", std::system_error);
}

TEST_CASE("file_reader: a pipe is waited for without holding a thread, and its flags stay") {
  const nothing_left check;
  weir::runtime rt{{.threads = 1}};
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  {
    running<std::string> reads{rt, read_all(file_reader{file::adopt(ends[0], "stdin")})};
    REQUIRE(::write(ends[1], "piped", 5) == 5);
    CHECK((::fcntl(ends[0], F_GETFL) & O_NONBLOCK) == 0);
    ::close(ends[1]);
    CHECK(reads.join() == "piped");
  }
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  running<std::string> silent{rt, read_all(file_reader{file::adopt(ends[0], "stdin")})};
  silent.request_stop();
  CHECK_THROWS_AS(silent.join(), weir::operation_cancelled);
  ::close(ends[1]);
  CHECK(rt.stats().blocking_threads == 0);
}

TEST_CASE("pipe: bytes go through, the end is zero, a closed reader is EPIPE") {
  const nothing_left check;
  weir::runtime rt{{.threads = 1}};
  weir::pipe_ends p = weir::make_pipe();
  const std::string text = numbers(60'000);  // more than a pipe holds
  const auto send = [](weir::pipe_writer to, const std::string& all) -> task<void> {
    co_await to.write_all(bytes_of(all));
    to.close();  // a frame's parameters live until whoever waits for the task lets go of it
  };
  running<void> writes{rt, send(std::move(p.writer), text), home::cpu};
  const auto receive = [](const weir::pipe_reader& from) -> task<std::string> {
    std::string all;
    std::array<std::byte, 5000> part;
    while (const std::size_t n = co_await from.read_some(part)) all.append(reinterpret_cast<char*>(part.data()), n);
    co_return all;
  };
  CHECK(run(rt, receive(p.reader)) == text);
  writes.join();
  weir::pipe_ends broken = weir::make_pipe();
  broken.reader.close();
  CHECK_THROWS_WITH_AS(run(rt, send(std::move(broken.writer), "x")), "write: Broken pipe", std::system_error);
}

TEST_CASE("fd: a foreign descriptor is waited for by number") {
  const nothing_left check;
  weir::runtime rt{{.threads = 1}};
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const auto wait = [](int n) -> task<void> { co_await weir::wait_readable(n); };
  for (int i = 0; i < 100; ++i) {
    running<void> waits{rt, wait(ends[0]), i % 2 == 0 ? home::io : home::cpu};
    REQUIRE(::write(ends[1], "x", 1) == 1);
    waits.join();
    char c;
    REQUIRE(::read(ends[0], &c, 1) == 1);
  }
  ::close(ends[0]);
  ::close(ends[1]);
  CHECK_THROWS_AS(run(rt, wait(1'000'000)), std::system_error);
}

TEST_CASE("signal_set: signals are awaited whichever thread gets them, and the old action is restored") {
  const nothing_left check;
  struct sigaction before{}, after{};
  ::sigaction(SIGUSR1, nullptr, &before);
  weir::runtime rt{{.threads = 2}};
  {
    weir::signal_set set{SIGUSR1, SIGUSR2};
    weir::signal_set other{SIGUSR1};
    const auto next = [](weir::signal_set& from) -> task<int> { co_return co_await from.next(); };
    for (int round = 0; round < 200; ++round) {
      running<int> waits{rt, next(set), round % 2 == 0 ? home::io : home::cpu};
      const int which = round % 3 == 0 ? SIGUSR2 : SIGUSR1;
      ::kill(::getpid(), which);
      REQUIRE(waits.join() == which);
    }
    CHECK(run(rt, next(other)) == SIGUSR1);  // kept, though nobody waited
    ::kill(::getpid(), SIGUSR2);
    ::raise(SIGUSR1);
    CHECK(run(rt, next(set)) + run(rt, next(set)) == SIGUSR1 + SIGUSR2);
    running<int> silent{rt, next(set)};
    silent.request_stop();
    CHECK_THROWS_AS(silent.join(), weir::operation_cancelled);
  }
  ::sigaction(SIGUSR1, nullptr, &after);
  CHECK((after.sa_handler == before.sa_handler));
  CHECK_THROWS_AS(weir::signal_set{SIGKILL}, std::system_error);
  CHECK_THROWS_AS(weir::signal_set{0}, std::invalid_argument);
}

TEST_CASE("signal_set: sets come and go while signals rain") {
  const nothing_left check;
  weir::signal_set keeps{SIGUSR1};  // the default action would end the test
  std::atomic<bool> enough{false};
  std::thread rain{[&] {
    while (!enough.load()) ::kill(::getpid(), SIGUSR1);
  }};
  for (int i = 0; i < 2000; ++i) weir::signal_set brief{SIGUSR1, SIGUSR2};
  enough = true;
  rain.join();
  std::vector<weir::signal_set> many;
  for (int i = 0; i < 15; ++i) many.emplace_back(weir::signal_set{SIGUSR1});
  CHECK_THROWS_AS(weir::signal_set{SIGUSR1}, std::system_error);
}

TEST_CASE("buffer: slices share the block, the last one returns it, and a warm pool allocates nothing") {
  weir::buffer kept;
  {
    weir::buffer_pool pool{1 << 16, 2};
    const std::byte* first = nullptr;
    {
      weir::buffer b = pool.take();
      first = b.data();
      b.bytes()[10] = std::byte{'x'};
      const weir::buffer part = b.slice(10, 5);
      CHECK_FALSE(b.unique());
      b = {};
      CHECK(part.unique());
      CHECK(part.text().front() == 'x');
      CHECK(pool.live_blocks() == 1);
      CHECK_THROWS_AS(static_cast<void>(part.slice(1, 5)), std::out_of_range);
    }
    CHECK(pool.free_blocks() == 1);
    CHECK(pool.live_blocks() == 0);
    kept = pool.take();
    CHECK(kept.data() == first);
    std::vector<weir::buffer> many;
    for (int i = 0; i < 5; ++i) many.push_back(pool.take());
    many.clear();
    CHECK(pool.free_blocks() == 2);
  }
  kept.bytes()[0] = std::byte{'y'};  // outlives its pool
  CHECK(weir::buffer{100}.size() == 100);
  CHECK_THROWS_AS(weir::buffer_pool{0}, std::invalid_argument);
}

TEST_CASE("file: what is no descriptor cannot be adopted") {
  CHECK_THROWS_AS((void)file::adopt(-1, "nothing"), std::system_error);
  CHECK_THROWS_AS((void)file::adopt(1 << 20, "nothing"), std::system_error);
}

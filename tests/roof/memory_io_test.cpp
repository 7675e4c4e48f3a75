// Pipes and connections in memory: time, backpressure and ends as of the real ones.
#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <stop_token>
#include <string>
#include <system_error>

#include <weir/error.hpp>
#include <weir/io/fd.hpp>
#include <weir/io/pipe.hpp>
#include <weir/runtime.hpp>
#include <weir/spawn.hpp>
#include <weir/stop.hpp>
#include <weir/testing/memory_io.hpp>
#include <weir/timer.hpp>
#include <weir/when.hpp>

using namespace weir;
using namespace std::chrono_literals;
using testing::make_connection;
using testing::make_pipe;
using testing::manual_runtime;

namespace {

auto elapsed(const manual_runtime& rt) { return rt.now().time_since_epoch(); }

/// Everything until the end. One template for memory and for descriptors.
template <class Reader>
task<std::string> read_all(Reader& from) {
  std::string all;
  std::array<std::byte, 100> room;
  while (const std::size_t n = co_await from.read_some(room)) all.append(reinterpret_cast<const char*>(room.data()), n);
  co_return all;
}

template <class Writer>
task<> send(Writer& to, std::string text) {
  co_await to.write_all(bytes_of(text));
  to.close();
}

template <class Reader, class Writer>
task<std::string> through(Reader& reader, Writer& writer, std::string text) {
  auto [got, sent] = co_await when_all(read_all(reader), send(writer, std::move(text)));
  static_cast<void>(sent);
  co_return got;
}

}  // namespace

TEST_CASE("memory_io: one template runs on a pipe in memory and on a real one") {
  const std::string text(200'000, 'x');
  manual_runtime virtual_rt;
  auto memory = make_pipe(virtual_rt, {.latency = 5ms, .bytes_per_second = 1'000'000, .capacity = 200'000});
  CHECK(virtual_rt.block_on(through(memory.reader, memory.writer, text)) == text);
  CHECK(elapsed(virtual_rt) == 205ms);
  runtime rt{{.threads = 1}};
  auto real = weir::make_pipe();
  CHECK(rt.block_on(through(real.reader, real.writer, text)) == text);
}

TEST_CASE("memory_io: a byte takes the latency, and its turn at the rate") {
  manual_runtime rt;
  auto [client, server] = make_connection(rt, {.latency = 20ms, .bytes_per_second = 1000});
  auto echo = [&]() -> task<> {
    std::array<std::byte, 64> room;
    const std::size_t n = co_await server.read_some(room);
    CHECK(elapsed(rt) == 30ms);  // 10 bytes: 10 ms to leave, 20 ms to arrive
    co_await server.write_all(std::span{room}.first(n));
    server.close();
  };
  auto ask = [&]() -> task<> {
    co_await client.write_all(bytes_of("0123456789"));
    std::array<std::byte, 64> room;
    CHECK(co_await client.read_some(room) == 10);
    CHECK(elapsed(rt) == 60ms);
    CHECK(co_await client.read_some(room) == 0);
    client.close();
  };
  auto body = [&]() -> task<> { co_await when_all(echo(), ask()); };
  rt.block_on(body());
  rt.advance(1s);
  CHECK(rt.armed_timers() == 0);
}

TEST_CASE("memory_io: a full pipe holds the writer until somebody reads") {
  manual_runtime rt;
  auto ends = make_pipe(rt, {.capacity = 100});
  std::size_t written = 0;
  auto writer = [&]() -> task<> {
    const std::string text(250, 'x');
    for (std::size_t at = 0; at < text.size();)
      written = at += co_await ends.writer.write_some(bytes_of(std::string_view{text}.substr(at)));
    ends.writer.close();
  };
  auto reader = [&]() -> task<> {
    co_await sleep_for(1s);
    CHECK(written == 100);
    CHECK((co_await read_all(ends.reader)).size() == 250);
  };
  auto body = [&]() -> task<> { co_await when_all(writer(), reader()); };
  rt.block_on(body());
  CHECK(written == 250);
}

TEST_CASE("memory_io: without a reader a write is EPIPE, one latency after it has gone") {
  manual_runtime rt;
  auto [client, server] = make_connection(rt, {.latency = 10ms, .capacity = 4});
  server.close();
  auto body = [&]() -> task<> {
    CHECK(co_await client.write_some(bytes_of("abcdef")) == 4);  // nobody knows yet
    const auto n = co_await as_result(client.write_some(bytes_of("ef")));
    CHECK(n.error() == std::errc::broken_pipe);
    CHECK(elapsed(rt) == 10ms);
    std::array<std::byte, 4> room;
    CHECK(co_await client.read_some(room) == 0);
  };
  rt.block_on(body());
}

TEST_CASE("memory_io: a stop and a close of the own end cancel what waits; what is there wins") {
  manual_runtime rt;
  auto ends = make_pipe(rt);
  std::array<std::byte, 8> room;
  auto timed = [&]() -> task<> { static_cast<void>(co_await with_timeout(5ms, ends.reader.read_some(room))); };
  CHECK_THROWS_AS(rt.block_on(timed()), operation_timed_out);
  auto closed = [&]() -> task<> {
    auto close = [&]() -> task<> {
      co_await sleep_for(5ms);
      ends.reader.close();
    };
    co_await when_all(ends.reader.read_some(room), close());
  };
  CHECK_THROWS_AS(rt.block_on(closed()), operation_cancelled);
  auto gone = [&]() -> task<> { static_cast<void>(co_await ends.reader.read_some(room)); };
  CHECK_THROWS_AS(rt.block_on(gone()), std::system_error);
  auto there = make_pipe(rt);
  std::stop_source source;
  source.request_stop();
  auto ready = [&]() -> task<std::size_t> {
    co_await there.writer.write_all(bytes_of("abc"));
    co_return co_await with_stop(source.get_token(), there.reader.read_some(room));
  };
  CHECK(rt.block_on(ready()) == 3);
}

TEST_CASE("memory_io: two reads at once are refused; a read that can never end is a deadlock that is seen") {
  manual_runtime rt;
  auto ends = make_pipe(rt);
  std::array<std::byte, 8> a, b;
  auto body = [&]() -> task<> { co_await when_all(ends.reader.read_some(a), ends.reader.read_some(b)); };
  CHECK_THROWS_AS(rt.block_on(body()), std::system_error);
  auto forever = [&]() -> task<> { static_cast<void>(co_await ends.reader.read_some(a)); };
  CHECK_THROWS_AS(rt.block_on(forever()), would_deadlock);
}

TEST_CASE("memory_io: options that make no sense are refused; ends may outlive their runtime") {
  testing::memory_pipe ends;
  {
    manual_runtime rt;
    CHECK_THROWS_AS(static_cast<void>(make_pipe(rt, {.capacity = 0})), std::invalid_argument);
    CHECK_THROWS_AS(static_cast<void>(make_pipe(rt, {.bytes_per_second = 0})), std::invalid_argument);
    CHECK_THROWS_AS(static_cast<void>(make_pipe(rt, {.latency = -1ns})), std::invalid_argument);
    ends = make_pipe(rt, {.latency = 1s});
    auto body = [&]() -> task<> { co_await ends.writer.write_all(bytes_of("under way")); };
    rt.block_on(body());
  }
  ends.writer.close();
}

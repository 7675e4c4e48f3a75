// Lines and blocks out of readers, lines into writers.
#include "coro/calls.hpp"

#include <cstring>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <weir/streams.hpp>
#include <weir/testing/memory_io.hpp>
#include <weir/when.hpp>

using namespace coro_test;
using testing::manual_runtime;

namespace {

/// Gives a text in pieces of a size.
class pieces {
 public:
  pieces(std::string text, std::size_t size) : text_{std::move(text)}, size_{size} {}
  task<std::size_t> read_some(std::span<std::byte> into) {
    const std::size_t n = std::min({size_, into.size(), text_.size() - at_});
    std::memcpy(into.data(), text_.data() + at_, n);
    at_ += n;
    ++reads;
    co_return n;
  }
  int reads = 0;

 private:
  std::string text_;
  std::size_t size_, at_ = 0;
};

using strings = std::vector<std::string>;

strings lines_of(const std::string& text, std::size_t piece, const line_options& options = {}) {
  manual_runtime rt;
  pieces from{text, piece};
  return rt.block_on(lines(from, options) | collect(100));
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "lines: whatever the pieces, the same lines; the last one needs no end") {
  for (std::size_t piece = 1; piece <= 12; ++piece) {
    CAPTURE(piece);
    CHECK(lines_of("one\ntwo\n\nthree\n", piece) == strings{"one", "two", "", "three"});
    CHECK(lines_of("one\ntwo", piece) == strings{"one", "two"});
    CHECK(lines_of("\n", piece) == strings{""});
    CHECK(lines_of("", piece) == strings{});
    CHECK(lines_of("a\nbc\ndef", piece, {.longest = 3, .chunk = 2}) == strings{"a", "bc", "def"});
  }
}

TEST_CASE_FIXTURE(no_frames_left, "lines: one that is too long is refused before it is read to its end") {
  manual_runtime rt;
  pieces from{std::string(1 << 20, 'x'), 64};
  std::size_t n = 0;
  CHECK_THROWS_AS(rt.block_on(lines(from, {.longest = 1000, .chunk = 64}) | for_each([&](const std::string&) { ++n; })),
                  line_too_long);
  CHECK(n == 0);
  CHECK(from.reads <= 1000 / 64 + 2);
  CHECK(lines_of("abc\nabcd\n", 3, {.longest = 4}) == strings{"abc", "abcd"});
  CHECK_THROWS_AS(lines_of("abc\nabcd\n", 3, {.longest = 3}), line_too_long);
  CHECK_THROWS_AS((void)lines(from, {.longest = 0}), std::invalid_argument);
}

TEST_CASE_FIXTURE(no_frames_left, "lines: nothing is read before a line is wanted, and no more than for the next one") {
  manual_runtime rt;
  pieces from{"a\nb\nc\nd\n", 2};
  CHECK(rt.block_on(lines(from) | take(2) | collect(2)) == strings{"a", "b"});
  CHECK(from.reads == 2);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "lines to write_lines through a slow pipe: everything arrives, in order, whole lines at once") {
  manual_runtime rt;
  auto [reader, writer] = testing::make_pipe(rt, {.latency = 20ms, .bytes_per_second = 10'000, .capacity = 256});
  strings text;
  for (int i = 0; i < 200; ++i) text.push_back("line " + std::to_string(i));
  auto send = [&]() -> task<> {
    CHECK(co_await (from(text) | write_lines(writer)) == 200);
    writer.close();
  };
  auto receive = [&]() -> task<> { CHECK(co_await (lines(reader) | collect(200)) == text); };
  auto body = [&]() -> task<> { co_await when_all(send(), receive()); };
  rt.block_on(body());
}

TEST_CASE_FIXTURE(no_frames_left, "write_lines: a line that is there is written before the next one is waited for") {
  manual_runtime rt;
  auto [reader, writer] = testing::make_pipe(rt);
  channel<std::string> ch{4};
  auto send = [&]() -> task<> {
    co_await (from(ch) | write_lines(writer));
    writer.close();
  };
  auto talk = [&]() -> task<> {
    auto in = [&](auto next) -> task<> {
      for (int i = 0; i < 3; ++i) {
        co_await ch.send(std::to_string(i));
        const auto echoed = co_await next.next();
        CHECK(echoed == std::to_string(i));
      }
      ch.close();
    };
    co_await with_stream(lines(reader), in);
  };
  auto body = [&]() -> task<> { co_await when_all(send(), talk()); };
  rt.block_on(body());
}

TEST_CASE_FIXTURE(no_frames_left,
                  "blocks: as they are read, one resident, none allocated once the pool is warm [row 31]") {
  manual_runtime rt;
  buffer_pool pool{64, 4};
  pieces from{std::string(10'000, 'x'), 50};
  std::size_t bytes = 0, most = 0;
  rt.block_on(blocks(from, pool) | for_each([&](const buffer& b) {
                bytes += b.size();
                most = std::max(most, pool.live_blocks());
              }));
  CHECK(bytes == 10'000);
  CHECK(most == 1);
  CHECK(pool.live_blocks() == 0);
}

// weir/stream/lines.hpp - bytes and lines of whatever can be read, into what can be written.      [floor: flow]
//
//   file_reader log{...};
//   co_await (lines(log) | filter(is_error) | write_lines(socket));
//
// A reader has `co_await r.read_some(std::span<std::byte>)` -> how many, 0 at the end: tcp_stream, local_stream,
// pipe_reader, those of testing/memory_io.hpp; or `co_await r.next()` -> buffer, empty at the end: file_reader. A
// writer has `co_await w.write_all(bytes)`.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/error.hpp>
#include <weir/io/buffer.hpp>
#include <weir/stream/stream.hpp>

namespace weir::inline v0 {

/// lines() read one that is longer than it may be.
class line_too_long : public error {
 public:
  using error::error;
};

struct line_options {
  std::size_t longest = std::size_t{1} << 20;  ///< bytes of a line without its end
  std::size_t chunk = std::size_t{64} << 10;   ///< bytes asked for at once
};

namespace detail {

[[noreturn]] void throw_line_too_long(std::size_t longest);
[[nodiscard]] line_options checked(const line_options& options);

template <class R>
concept block_reader = requires(R& r) {
  { r.next() } -> std::same_as<task<buffer>>;
};

/// Bytes come in at the end, whole lines go out at the front.
class line_buffer {
 public:
  explicit line_buffer(const line_options& options) : options_{checked(options)} {}

  /// Where the next bytes go; at least `least` of them, or a chunk.
  [[nodiscard]] std::span<std::byte> room(std::size_t least = 0);
  void filled(std::size_t n) noexcept { end_ += n; }
  /// The next whole line; at_end: what is left counts as one. Good until the next room().
  [[nodiscard]] std::optional<std::string_view> next(bool at_end);

 private:
  const line_options options_;
  std::vector<std::byte> bytes_;
  std::size_t begin_ = 0, searched_ = 0, end_ = 0;
};

template <class Reader>
class lines_source : public part {
 public:
  using item = std::string&&;
  static constexpr std::size_t drivers = 0;
  lines_source(Reader& from, const line_options& options) : from_{&from}, buffer_{options} {}

  template <class Emit>
  flow poll(Emit&& emit) {
    for (std::size_t n = emits_per_poll; n != 0; --n) {
      const std::optional<std::string_view> line = buffer_.next(at_end_);
      if (!line) return at_end_ ? flow::ended : flow::idle;
      if (!emit(std::string{*line})) break;
    }
    return flow::more;
  }
  task<> ready() {
    if constexpr (block_reader<Reader>) {
      const buffer block = co_await from_->next();
      at_end_ = block.empty();
      if (!at_end_) std::memcpy(buffer_.room(block.size()).data(), block.data(), block.size());
      buffer_.filled(block.size());
    } else {
      const std::size_t n = co_await from_->read_some(buffer_.room());
      buffer_.filled(n);
      at_end_ = n == 0;
    }
  }
  void list(listing& to) { list_in_loop(to, *this, "lines", 1); }

 private:
  Reader* from_;
  line_buffer buffer_;
  bool at_end_ = false;
};

template <class Reader>
class bytes_source : public part {
 public:
  using item = buffer&&;
  static constexpr std::size_t drivers = 0;
  bytes_source(Reader& from, buffer_pool* blocks) noexcept : from_{&from}, blocks_{blocks} {}

  template <class Emit>
  flow poll(Emit&& emit) {
    if (ended_) return flow::ended;
    if (held_.empty()) return flow::idle;
    return emit(std::exchange(held_, {})) ? flow::idle : flow::more;
  }
  task<> ready() {
    if constexpr (block_reader<Reader>) {
      held_ = co_await from_->next();
    } else {
      buffer block = blocks_->take();
      block.truncate(co_await from_->read_some(block.bytes()));
      held_ = std::move(block);
    }
    ended_ = held_.empty();
  }
  void list(listing& to) { list_in_loop(to, *this, "blocks", 1); }

 private:
  Reader* from_;
  buffer_pool* blocks_;  ///< null: the reader's own
  buffer held_;
  bool ended_ = false;
};

template <class Writer>
class write_sink {
 public:
  write_sink(Writer& into, std::string_view after, std::size_t block) noexcept
      : into_{&into}, after_{after}, block_{block} {}
  template <class S>
  task<std::size_t> operator()(S& stage) {
    std::size_t n = 0;
    std::string out;
    pace steps;
    for (flow how = flow::more; how != flow::ended;) {
      how = stage.poll([&](auto&& x) {
        out.append(x.data(), x.size()).append(after_);
        return ++n, out.size() < block_;
      });
      if (how != flow::more || out.size() >= block_) {
        if (!out.empty()) co_await into_->write_all(std::as_bytes(std::span{out}));
        out.clear();
      }
      if (how == flow::idle) co_await stage.ready();
      if (how == flow::more) co_await breathe(steps);
    }
    co_return n;
  }
  void list(listing& to) { list_in_loop(to, {}, "write_lines"); }

 private:
  Writer* into_;
  std::string_view after_;
  std::size_t block_;
};

}  // namespace detail

/// Lines without their '\\n'; the last one needs none. Emits what is there, reads when a line is wanted and none is
/// whole. Ends with the reader. Holds a chunk and the beginning of a line. Allocates  the buffer, and long lines'
/// strings. Errors  the reader's; line_too_long; std::invalid_argument if an option is 0. `from` outlives the stream.
template <class Reader>
[[nodiscard]] auto lines(Reader& from, const line_options& options = {}) {
  return stream{detail::lines_source<Reader>{from, options}};
}

/// Blocks of bytes as they are read, each in a buffer of the pool. One is resident. Allocates  nothing once the pool is
/// warm. Errors  the reader's. `from` and the pool outlive the stream.
template <class Reader>
[[nodiscard]] auto blocks(Reader& from, buffer_pool& pool) {
  return stream{detail::bytes_source<Reader>{from, &pool}};
}
template <detail::block_reader Reader>
[[nodiscard]] auto blocks(Reader& from) {
  return stream{detail::bytes_source<Reader>{from, nullptr}};
}

/// Writes each item (a string, a string_view) and a '\\n'. Gathers up to 64 KiB, and writes what it has before it waits
/// for more, so that whole lines do not lie around. Result: how many. Errors  the writer's.
template <class Writer>
[[nodiscard]] auto write_lines(Writer& into) {
  return detail::write_sink<Writer>{into, "\n", std::size_t{64} << 10};
}

}  // namespace weir::inline v0

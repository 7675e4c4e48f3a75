// weir/stream/stream.hpp - the stream, and what | means.                                          [floor: flow]
//
//   const std::size_t rows = co_await (from(ids) | map_async(fetch, par{20}) | filter(valid) | batch(500) |
//                                      for_each(par{8}, insert));
//
// Lazy         nothing runs before the sink's task is awaited, and then everything at the pace of the sink: what an
//              operator may hold is in its arguments, and in its documentation. There is no hidden prefetch.
// Fused        map, filter, take, scan, flat_map, batch and the like are one loop: no task, no queue, no allocation.
// Structured   what runs beside the sink (map_async, read_ahead, merge, tee) runs in a group that the sink's task opens
//              and joins on every path: the end, a failure, a take() that has enough, a stop.
// Failure      the first one, wherever it happens, stops everything else, is waited for, and is what the sink throws.
// One owner    a stream is moved into what follows it. It is consumed once.
// gcc 12       a lambda with captures that need destruction must be named before the co_await expression in which it
//              is used (see offload.hpp), or the pipeline be given a name: auto job = from(...) | ...; co_await job.
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include <weir/detail/stage.hpp>

namespace weir::inline v0 {

/// A source and the operators behind it. Stage: what it is made of; use auto.
template <class Stage>
class [[nodiscard]] stream {
 public:
  using item = typename Stage::item;
  using value_type = std::remove_cvref_t<item>;

  explicit stream(Stage made) : stage_(std::move(made)) {}
  stream(stream&&) = default;
  stream& operator=(stream&&) = default;
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;
  ~stream() = default;

  [[nodiscard]] Stage take_stage() && { return std::move(stage_); }

 private:
  Stage stage_;
};

/// An operator: attach(stage) gives the stage that follows it.
template <class Op, class S>
concept stream_operator = requires(Op op, S stage) { std::move(op).attach(std::move(stage)).drivers; };

/// A sink: called with a stage, it is the task that consumes it.
template <class Sink, class S>
concept stream_sink = requires(Sink sink, S& stage) { typename detail::consumed<S, Sink>; };

template <class S, class Op>
  requires stream_operator<Op, S>
[[nodiscard]] auto operator|(stream<S> from, Op op) {
  return stream{std::move(op).attach(std::move(from).take_stage())};
}

/// A stream and its sink are a task: await it.
template <class S, class Sink>
  requires(stream_sink<Sink, S> && !stream_operator<Sink, S>)
[[nodiscard]] task<detail::consumed<S, Sink>> operator|(stream<S> from, Sink sink) {
  return detail::run_stream<S, Sink>(std::move(from).take_stage(), std::move(sink));
}

/// What with_stream() hands out.
template <class S>
class stream_reader {
 public:
  using value_type = detail::value_of<S>;
  explicit stream_reader(S& stage) noexcept : stage_{&stage} {}

  /// `while (auto x = co_await in.next())`: the next item, or none at the end. Nothing is fetched before it is awaited.
  /// A loop over what is always there lets others run now and then.
  [[nodiscard]] task<std::optional<value_type>> next() {
    return ++taken_ % 256 == 0 ? detail::next_in_turn(*stage_, steps_) : detail::next_of(*stage_);
  }

 private:
  S* stage_;
  std::size_t taken_ = 0;
  detail::pace steps_;
};

namespace detail {

template <class F>
class reading {
 public:
  explicit reading(F fn) : fn_(std::move(fn)) {}
  template <class S>
  auto operator()(S& stage) -> std::invoke_result_t<F&, stream_reader<S>> {
    return std::invoke(fn_, stream_reader<S>{stage});
  }
  void list(listing& to) { list_in_loop(to, {}, "with_stream"); }

 private:
  F fn_;
};

}  // namespace detail

/// `co_await with_stream(s, [](auto in) -> task<int> { ... co_await in.next() ... })`: a loop of one's own over a
/// stream. fn's result is the result; the stream ends with it.
template <class S, class F>
[[nodiscard]] auto with_stream(stream<S> from, F fn) {
  return std::move(from) | detail::reading<F>{std::move(fn)};
}

}  // namespace weir::inline v0

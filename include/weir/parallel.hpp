// weir/parallel.hpp - data-parallel algorithms on a runtime's workers.                         [floor: rt]
//
// All of them fork and join on the workers' own deques; none delegates to TBB. The caller blocks until everything has
// ended: an outside thread sleeps meanwhile, a worker takes part. A range is split lazily: a worker runs chunks sized
// by time and splits off the upper half only while others would find nothing to steal. Waiting never runs foreign work.
//
// Common to all:
//   Errors    the first exception, in time, thrown by user code, after every started chunk has ended; those of chunks
//             that ran beside it are reported (report_kind::never_awaited), no other chunk begins; runtime_closed;
//             would_deadlock on the reactor thread
//   Stop      parallel_options::stop: no further chunk starts, operation_cancelled is thrown after the last one ended
//   Ordering  what precedes the call is visible to the bodies, what they did is visible after it
//   Cost      no allocation; O(workers * log n) splits of about 100 ns   (bench: parallel_for)
#pragma once

#include <weir/detail/chunk.hpp>
#include <weir/detail/fork.hpp>
#include <weir/detail/region.hpp>
#include <weir/executor.hpp>
#include <weir/fork_join.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <ranges>
#include <stop_token>
#include <utility>

namespace weir::inline v0 {

struct parallel_options {
  std::size_t grain = 1;  ///< never split a range of fewer items; raise it when an item costs less than about 10 ns
  std::stop_token stop{};
};

namespace detail {

/// Runs body(begin, end) over a range: forks the upper half while thieves are hungry, else a chunk at a time, with the
/// rest forked meanwhile, so that nothing hides behind a long item.
template <class Body>
void run_range(std::size_t begin, std::size_t end, region& all, Body& body) {
  chunk_size chunk{all.grain()};
  while (begin < end && !all.stopped()) {
    if (all.forks() && (end - begin) / 2 >= all.grain() && fork_wanted()) {
      const std::size_t middle = begin + (end - begin) / 2;
      auto upper = [&, last = end] { all.guard([&] { run_range(middle, last, all, body); }); };
      forked child{upper};
      child.start();
      all.guard([&] { run_range(begin, middle, all, body); });
      child.finish();
      return;
    }
    const std::size_t n = chunk.next(begin, end);
    auto rest = [&, next = begin + n] { all.guard([&] { run_range(next, end, all, body); }); };
    forked later{rest};
    if (all.forks() && n < end - begin) later.start();
    all.guard([&] { body(begin, begin + n); });
    if (!later.take_back()) return;
    begin += n;
    chunk.done();
  }
}

/// The same for a fold: combine(left, right) keeps the order of the range.
template <class T, class Fold, class Combine>
T fold_range(std::size_t begin, std::size_t end, region& all, T left, Fold& fold, Combine& combine, const T& identity) {
  chunk_size chunk{all.grain()};
  while (begin < end && !all.stopped()) {
    if (all.forks() && (end - begin) / 2 >= all.grain() && fork_wanted()) {
      const std::size_t middle = begin + (end - begin) / 2;
      T right = identity;
      auto upper = [&, last = end] {
        all.guard([&] { right = fold_range(middle, last, all, std::move(right), fold, combine, identity); });
      };
      forked child{upper};
      child.start();
      all.guard([&] { left = fold_range(begin, middle, all, std::move(left), fold, combine, identity); });
      child.finish();
      return all.ended_early() ? std::move(left) : combine(std::move(left), std::move(right));
    }
    const std::size_t n = chunk.next(begin, end);
    std::optional<T> right;
    auto rest = [&, next = begin + n] {
      all.guard([&] { right = fold_range(next, end, all, T{identity}, fold, combine, identity); });
    };
    forked later{rest};
    if (all.forks() && n < end - begin) later.start();
    all.guard([&] {
      for (const std::size_t stop = begin + n; begin < stop; ++begin) left = fold(std::move(left), begin);
    });
    if (!later.take_back()) return all.ended_early() ? std::move(left) : combine(std::move(left), *std::move(right));
    chunk.done();
  }
  return left;
}

/// depth: how many more bad pivots are forgiven before std::sort, which has the guarantee, takes over.
template <class It, class Less>
void sort_range(It first, It last, region& all, Less& less, int depth) {
  const std::size_t small = std::max<std::size_t>(4096, all.grain());
  if (last - first < 2 || all.stopped()) return;
  if (static_cast<std::size_t>(last - first) <= small || depth == 0) {
    std::sort(first, last, std::ref(less));
    return;
  }
  const It middle = first + (last - first) / 2;
  const It end = last - 1;
  if (less(*middle, *first)) std::iter_swap(middle, first);
  if (less(*end, *middle)) std::iter_swap(end, middle);
  if (less(*middle, *first)) std::iter_swap(middle, first);
  const std::iter_value_t<It> pivot = *middle;
  It lower = first;
  It upper = end;
  while (lower <= upper) {
    while (less(*lower, pivot)) ++lower;
    while (less(pivot, *upper)) --upper;
    if (lower <= upper) std::iter_swap(lower++, upper--);
  }
  auto right = [&] { all.guard([&] { sort_range(lower, last, all, less, depth - 1); }); };
  forked child{right};
  if (all.forks()) child.start();
  all.guard([&] { sort_range(first, upper + 1, all, less, depth - 1); });
  child.finish();
}

/// How far i is from first, and back, for any integral type: the distance may be wider than the type.
template <std::integral I>
constexpr std::size_t distance_from(I first, I i) noexcept {
  return static_cast<std::size_t>(static_cast<std::uint64_t>(i) - static_cast<std::uint64_t>(first));
}
template <std::integral I>
constexpr I advanced(I first, std::size_t by) noexcept {
  return static_cast<I>(static_cast<std::uint64_t>(first) + by);
}

}  // namespace detail

/// Calls fn(i) for every i in [first, last). Requires last >= first.
template <std::integral I, class F>
  requires std::invocable<F&, I>
void parallel_for(executor on, I first, I last, F&& fn, const parallel_options& options = {}) {
  if (!(first < last)) return;
  auto body = [&](std::size_t b, std::size_t e) {
    for (std::size_t i = b; i < e; ++i) fn(detail::advanced(first, i));
  };
  detail::region all{options.grain, options.stop};
  all.run(on.core(), [&] { detail::run_range(0, detail::distance_from(first, last), all, body); });
}

/// Calls fn(element) for every element of a random-access range.
template <random_access_work R, class F>
  requires std::invocable<F&, std::ranges::range_reference_t<R>>
void parallel_for_each(executor on, R&& range, F&& fn, const parallel_options& options = {}) {
  const auto first = std::ranges::begin(range);
  using difference = std::ranges::range_difference_t<R>;
  parallel_for(
      on, difference{0}, static_cast<difference>(std::ranges::size(range)),
      [&](difference i) { std::invoke(fn, first[i]); }, options);
}

/// Writes fn(element) of every element to out, which must be random-access with room for all of them.
/// Returns the end of what was written.
template <random_access_work R, std::random_access_iterator Out, class F>
Out parallel_transform(executor on, R&& range, Out out, F&& fn, const parallel_options& options = {}) {
  const auto first = std::ranges::begin(range);
  using difference = std::ranges::range_difference_t<R>;
  const auto n = static_cast<difference>(std::ranges::size(range));
  parallel_for(on, difference{0}, n, [&](difference i) { out[i] = std::invoke(fn, first[i]); }, options);
  return out + n;
}

/// combine(... combine(combine(identity, fn(first)), fn(first + 1)) ..., fn(last - 1)), associated freely but in order.
/// Requires  combine is associative and identity is its neutral element; T is copyable
template <std::integral I, class T, class F, class Combine>
[[nodiscard]] T parallel_reduce(executor on, I first, I last, T identity, F&& fn, Combine&& combine,
                                const parallel_options& options = {}) {
  if (!(first < last)) return identity;
  auto fold = [&](T left, std::size_t i) { return combine(std::move(left), fn(detail::advanced(first, i))); };
  T result = identity;
  detail::region all{options.grain, options.stop};
  all.run(on.core(), [&] {
    result = detail::fold_range(0, detail::distance_from(first, last), all, std::move(result), fold, combine, identity);
  });
  return result;
}

/// Sorts a random-access range. Not stable. Requires copyable elements and a strict weak order.
/// Cost      O(n log n); quicksort above 4096 elements (or grain, if more), std::sort below
template <std::ranges::random_access_range R, class Less = std::less<>>
void parallel_sort(executor on, R&& range, Less less = {}, const parallel_options& options = {}) {
  detail::region all{options.grain, options.stop};
  const auto first = std::ranges::begin(range);
  const auto n = std::ranges::distance(range);
  const int depth = 2 * static_cast<int>(std::bit_width(static_cast<std::size_t>(n)));
  all.run(on.core(), [&] { detail::sort_range(first, first + n, all, less, depth); });
}

/// Calls every function, possibly at the same time. After a failure or a stop those that have not started are left out;
/// parallel_invoke() of fork_join.hpp, without options, runs every one. Each is a chunk of its own: grain means
/// nothing.
template <std::invocable... F>
  requires(sizeof...(F) > 1)
void parallel_invoke(executor on, const parallel_options& options, F&&... fns) {
  detail::region all{options.grain, options.stop};
  const auto part = [&all](auto& fn) {
    return [&all, &fn] {
      if (!all.stopped()) all.guard(fn);
    };
  };
  all.run(on.core(), [&] {
    const detail::fork_pause serial{!all.forks()};
    parallel_invoke(part(fns)...);
  });
}

}  // namespace weir::inline v0

// weir/map_all.hpp - one call per item, so many at once, all results in order.                  [floor: coro]
//
//   std::vector<page> pages = co_await map_all(urls, par{20}, fetch);        // fetch(url) returns a task<page>
//
// Lazy       the range is read, and the task of an item made, only when there is room for it: never more than par{c}
//            items ahead of the completed ones. The results are all kept; for a stream of them see streams.hpp.
// Failure    as when_all's: the first one, of a call or of the range itself, stops the calls in flight, reads no more
//            items, and is thrown when all have ended.
// Cost       as a task_group's spawn per item, and one task frame more
#pragma once

#include <deque>
#include <functional>
#include <iterator>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

#include <weir/detail/result_slot.hpp>
#include <weir/detail/when_tasks.hpp>
#include <weir/par.hpp>
#include <weir/task.hpp>
#include <weir/task_group.hpp>

namespace weir::inline v0 {

namespace detail {

template <class T>
task<> run_into(result_slot<T>& slot, task<T> work) {
  if constexpr (std::is_void_v<T>)
    co_await std::move(work);
  else
    slot.set(co_await std::move(work));
}

/// The slots do not move while calls in flight write to them.
template <class T, class Range, class F>
task<> spawn_all(task_group& group, std::deque<result_slot<T>>& results, Range& range, F* fn) {
  for (auto&& item : range) {
    auto& slot = results.emplace_back();
    co_await group.spawn(run_into<T>(slot, std::invoke(*fn, std::forward<decltype(item)>(item))));
  }
}

template <class T, class Range, class F>
task<typename all_of<T>::type> map_all_in(Range range, par at_once, F fn) {
  std::deque<result_slot<T>> slots;
  co_await with_group({.limit = at_once, .name = "map_all"}, spawn_all<T, std::remove_reference_t<Range>, F>,
                      std::ref(slots), std::ref(range), &fn);
  if constexpr (!std::is_void_v<T>) {
    typename all_of<T>::type all;
    all.reserve(slots.size());
    for (auto& slot : slots) all.emplace_back(slot.take());
    co_return all;
  }
}

}  // namespace detail

/// Result  a vector (reference_wrapper for references), nothing for void. Errors  as above.
/// An lvalue range is read where it is and must stay alive; an rvalue is moved in. fn is moved in.
template <std::ranges::input_range Range, class F>
[[nodiscard]] auto map_all(Range&& range, par at_once, F fn) {
  using call = std::invoke_result_t<F&, std::ranges::range_reference_t<Range>>;
  static_assert(detail::is_task<call>, "map_all: the function must return a weir::task");
  return detail::map_all_in<typename call::value_type, Range, F>(std::forward<Range>(range), at_once, std::move(fn));
}

}  // namespace weir::inline v0

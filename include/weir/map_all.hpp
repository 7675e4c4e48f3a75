// weir/map_all.hpp - one call per item, so many at once, all results in order.                  [floor: coro]
//
//   std::vector<page> pages = co_await map_all(urls, par{20}, fetch);        // fetch(url) returns a task<page>
//
// Lazy       fn is called for an item when there is room for the call. One item more is read meanwhile, no further one.
//            The results are all kept; for a stream of them see streams.hpp.
// Items      live until their call has ended, so fn may take a reference: elements of a container stay where they are,
//            what a view computes or reads is kept in the call's frame.
// Failure    as when_all's: the first one, of a call or of the range itself, stops the calls in flight, reads no more
//            items, and is thrown when all have ended.
// Cost       as a task_group's spawn per item, and one task frame more
#pragma once

#include <concepts>
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

/// A call's item: the element, if it stays where it is; else one that the call's frame owns, since a local of the loop
/// over the range would be gone before the call has ended.
template <class Range, class Ref = std::ranges::range_reference_t<Range>>
using item_of_call =
    std::conditional_t<std::is_lvalue_reference_v<Ref> && (std::ranges::forward_range<Range> ||
                                                           !std::constructible_from<std::remove_cvref_t<Ref>, Ref>),
                       Ref, std::remove_cvref_t<Ref>>;

template <class T, class Range, class F>
task<> call_into_slot(result_slot<T>& slot, F* fn, item_of_call<Range> item) {
  using given = std::ranges::range_reference_t<Range>;
  if constexpr (std::is_void_v<T>)
    co_await std::invoke(*fn, static_cast<given&&>(item));
  else
    slot.set(co_await std::invoke(*fn, static_cast<given&&>(item)));
}

/// The slots do not move while calls in flight write to them.
template <class T, class Range, class F>
task<> spawn_all(task_group& group, std::deque<result_slot<T>>& results, Range& range, F* fn) {
  for (auto&& item : range)
    co_await group.spawn(call_into_slot<T, Range, F>(results.emplace_back(), fn, std::forward<decltype(item)>(item)));
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

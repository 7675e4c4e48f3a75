// weir/detail/lanes.hpp - a few tasks that take a stage's items in turn and work on them at once.   [floor: flow]
//
//   lane:  turn -> admit() -> next item -> turn given up -> work(item) -> again
//
// Not a task per item: a lane is one task for as long as the stream lasts, so that an item costs a turn and its own
// work. Who gives up the turn wakes one waiting lane, or starts one while there are fewer than the bound, unless one is
// on its way already. That lane stands in the queue of this worker: it goes on when the work suspends, or elsewhere if
// somebody is idle; and if the work is over before that, this lane takes the next item itself, as the turn is not
// handed over but free. So work that never waits runs on as many lanes as there are workers to spare, and costs no
// wake-ups.
// Bound       a lane is a place: never more items are out than there are lanes. It can be changed while they run.
// Order       admit() is called within the turn, so places follow the items' order.
// Work        has  awaitable admit(): when the next item may be fetched; what it gives goes to the call
//                  void nothing(place): there was no item for it
//                  task<R> call(value_of<S>&& item): the item lives until that has ended
//                  void done(place, R&&), unit for void
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include <weir/detail/line_wait.hpp>
#include <weir/detail/request.hpp>
#include <weir/detail/stage.hpp>
#include <weir/unit.hpp>

namespace weir::inline v0::detail {

template <class Work, class T>
using call_result = typename decltype(std::declval<Work&>().call(std::declval<T>()))::value_type;

/// For work that admits every item.
struct no_place : never_idle {
  unit await_resume() const noexcept { return {}; }
};

/// Who may take the next item.
class turn_of_lanes : private line_of_tasks {
 public:
  explicit turn_of_lanes(std::size_t most_lanes) noexcept : line_of_tasks{"stage", &passes}, most_{most_lanes} {}

  /// From the next item on: lanes above that, in line or back from their call, take none.
  void set_most(std::size_t lanes) noexcept;
  [[nodiscard]] std::size_t most() const noexcept;
  [[nodiscard]] lever lever_of() noexcept {
    return {this, [](void* me, std::size_t n) { static_cast<turn_of_lanes*>(me)->set_most(n); }};
  }
  struct counts {
    std::size_t most, running, peak;  ///< running: with an item
    std::uint64_t passed;             ///< items taken
  };
  [[nodiscard]] counts read() const noexcept;

  class awaiter : public line_awaiter {
   public:
    using line_awaiter::line_awaiter;
    bool await_resume() { return end(); }
  };
  /// True: the caller has the turn. False: it waited, and may try again; on_my_way() first.
  [[nodiscard]] auto enter() noexcept { return request<awaiter, line_of_tasks*>{this}; }
  void on_my_way() noexcept;
  /// True: the caller is one lane too many, and no longer counts.
  [[nodiscard]] bool retires() noexcept { return surplus_.load(std::memory_order_relaxed) && retire(); }
  /// Gives up the turn. True: a new lane is wanted, and counted.
  [[nodiscard]] bool leave() noexcept;
  /// There is no item any more: whoever waits, or comes, finds that out.
  void end() noexcept;

 private:
  static bool passes(line_of_tasks& me, wake_list& none) noexcept;
  [[nodiscard]] bool retire() noexcept;
  [[nodiscard]] std::size_t running() const noexcept;  // under the lock

  std::size_t most_;
  std::size_t lanes_ = 1, peak_ = 0;
  std::uint64_t passed_ = 0;
  std::atomic<bool> surplus_{false};  // lanes_ > most_; a hint: relaxed, decided under the lock
  bool taken_ = false, coming_ = false, ended_ = false;
};

/// Runs first(group, all), and the lanes that come to it. Fails with the first failure, when all of them have ended.
task<> run_lanes(const char* name, task<> (*first)(task_group&, void*), void* all);

template <class S, class Work>
struct lanes {
  lanes(S& stage, Work& what, turn_of_lanes& in_turn) noexcept : up{stage}, work{what}, turn{in_turn} {}
  /// Runs work on all items of the stage.
  task<> run(const char* name);

  S& up;
  Work& work;
  turn_of_lanes& turn;
  bool ended = false;  ///< within the turn
};

template <class S, class Work>
task<> lane(task_group& group, lanes<S, Work>& all, bool first = false) {
  if (!first) all.turn.on_my_way();
  while (!all.turn.retires()) {
    while (!co_await all.turn.enter()) {
      all.turn.on_my_way();
      if (all.turn.retires()) co_return;
    }
    if (all.ended) co_return all.turn.end();
    auto place = co_await all.work.admit();
    std::optional<value_of<S>> item;
    const flow how = poll_one(all.up, item);
    if (!item && how != flow::ended) item = co_await next_of(all.up);
    if (!item) {
      all.ended = true;
      all.work.nothing(place);
      co_return all.turn.end();
    }
    if (all.turn.leave()) co_await group.spawn(lane(group, all));
    if constexpr (std::is_void_v<call_result<Work, value_of<S>>>) {
      co_await all.work.call(std::move(*item));
      all.work.done(place, unit{});
    } else {
      auto result = co_await all.work.call(std::move(*item));
      all.work.done(place, std::move(result));
    }
  }
}

template <class S, class Work>
task<> lanes<S, Work>::run(const char* name) {
  const auto first = [](task_group& group, void* all) { return lane(group, *static_cast<lanes*>(all), true); };
  return run_lanes(name, first, this);
}

}  // namespace weir::inline v0::detail

// weir/detail/key_lines.hpp - items that wait for the calls before them of the same key.      [floor: flow]
//
//   fetcher --enter(key, item)--> the key's line --next()--> the run that calls item after item of it
//                 idle: --admit()--> a run is started
//
// A line without a run is idle, and forgotten before the next item is entered.
// Invariants  K1  a line has at most one run; one that is not empty has one, or its fetcher is about to
//                 start it
//             K2  at most `most` runs; after that was lowered, no new ones until they are fewer
//             K3  lines <= items entered and not yet called + runs + 1, once the next item is entered
//             K4  no code of the user's runs under the lock, which orders a few pointers: the table is the
//                 fetcher's, who alone hashes, compares, adds and forgets keys; an item is moved before and
//                 after its way through a line, in its node
// Threads     one fetcher; next() of different lines: any.
#pragma once

#include <cstddef>
#include <list>
#include <unordered_map>
#include <utility>

#include <weir/async_event.hpp>
#include <weir/detail/pool_allocator.hpp>
#include <weir/detail/spin_lock.hpp>
#include <weir/task.hpp>

namespace weir::inline v0::detail {

template <class Key, class T>
class key_lines {
 public:
  using items = std::list<T, pool_allocator<T>>;

  class line {
    friend class key_lines;
    items waiting_;
    const Key* key_ = nullptr;
    line* next_idle_ = nullptr;
    bool has_run_ = false, in_idle_ = false;
  };

  explicit key_lines(std::size_t most) noexcept : most_{most} {}

  /// The fetcher's. The key's line, if a run has to be started for it: admit() first.
  line* enter(Key&& of, T&& item) {
    forget_idle();
    items one;
    one.push_back(std::move(item));
    const auto at = lines_.try_emplace(std::move(of)).first;
    line& mine = at->second;
    mine.key_ = &at->first;
    const hold guard{lock_};
    mine.waiting_.splice(mine.waiting_.end(), one);
    return std::exchange(mine.has_run_, true) ? nullptr : &mine;
  }
  /// Goes on when there may be one run more, and counts it.
  task<> admit() {
    for (;;) {
      {
        const hold guard{lock_};
        if (runs_ < most_) {
          ++runs_;
          co_return;
        }
        room_.reset();
      }
      co_await room_.wait();
    }
  }

  /// item: `into` has the next one of the line, alone. over: there is none, and the run has ended. pause:
  /// there are more runs than there may be, and this one does not count any more: admit() before the next
  /// look.
  enum class step : unsigned { item, pause, over };
  /// A run's.
  step next(line& of, items& into) {
    into.clear();
    bool has_room = false;
    step how = step::item;
    {
      const hold guard{lock_};
      if (of.waiting_.empty()) {
        of.has_run_ = false;
        if (!std::exchange(of.in_idle_, true)) of.next_idle_ = std::exchange(idle_, &of);
        how = step::over;
      } else if (runs_ > most_) {
        how = step::pause;
      } else {
        into.splice(into.end(), of.waiting_, of.waiting_.begin());
      }
      if (how != step::item) has_room = --runs_ < most_;
    }
    if (has_room) room_.set();
    return how;
  }

  /// Lower: runs pause after their call. Higher: who waits goes on.
  void set_most(std::size_t runs) noexcept {
    {
      const hold guard{lock_};
      most_ = runs;
    }
    room_.set();
  }
  [[nodiscard]] std::size_t most() const noexcept {
    const hold guard{lock_};
    return most_;
  }

 private:
  /// Lines that got a run meanwhile stay.
  void forget_idle() {
    line* gone = nullptr;
    {
      const hold guard{lock_};
      for (line* next = std::exchange(idle_, nullptr); next != nullptr;) {
        line& one = *std::exchange(next, next->next_idle_);
        one.in_idle_ = false;
        if (!one.has_run_) one.next_idle_ = std::exchange(gone, &one);
      }
    }
    while (gone != nullptr) lines_.erase(lines_.find(*std::exchange(gone, gone->next_idle_)->key_));
  }

  mutable spin_lock lock_;  ///< protects everything below, and in the lines all but key_
  std::size_t most_, runs_ = 0;
  line* idle_ = nullptr;
  std::unordered_map<Key, line> lines_;  ///< the fetcher's
  async_event room_;
};

}  // namespace weir::inline v0::detail

// weir/detail/result_window.hpp - calls under way and results not yet emitted, in one bound.       [floor: flow]
//
//   driver --open(): waits for a place--> call --put(place, result)--> take()
//
// take() gives results in the order of the places, or in that in which the calls end.
//
// Invariants  W1  places opened - results taken <= size: running and finished-but-not-emitted calls together
//             W2  ordered: the result of the k-th open() is the k-th to be taken
//             W3  R is moved and destroyed without the lock: a slot is its call's until it is shown
//                 (`there`), then the consumer's until the place is free again. A move that throws fails
//                 its call, or the consumer.
// One driver, one consumer, any number of calls; one short lock. Waits are async_events: who waits resets the event
// under the lock after it has looked, who changes something sets it after the lock, so no wake-up is lost.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include <weir/async_event.hpp>
#include <weir/detail/listed_stage.hpp>
#include <weir/detail/spin_lock.hpp>
#include <weir/task.hpp>

namespace weir::inline v0 {

/// In which order results are emitted: that of the items, or that in which the calls end.
enum class order : unsigned { ordered, unordered };
inline constexpr order ordered = order::ordered;
inline constexpr order unordered = order::unordered;

namespace detail {

template <class R>
class result_window {
 public:
  result_window(std::size_t size, order by) : ring_(size), by_{by} {}

  /// A place for one more call.
  task<std::size_t> open() {
    for (;;) {
      {
        const hold guard{lock_};
        if (opened_ - taken_ < ring_.size()) {
          peak_ = std::max(peak_, opened_ + 1 - taken_);
          co_return opened_++;
        }
        room_.reset();
      }
      co_await room_.wait();
    }
  }
  void put(std::size_t place, R&& result) {
    slot& mine = slot_of(by_ == order::ordered ? place : next_end());
    mine.result.emplace(std::move(result));
    bool next = false;
    {
      const hold guard{lock_};
      mine.there = true;
      next = &mine == &slot_of(taken_);
    }
    if (next) changed_.set();
  }
  /// Gives back the place opened last: there is no item for it.
  void withdraw() noexcept {
    const hold guard{lock_};
    --opened_;
  }
  /// No further open().
  void close() noexcept {
    {
      const hold guard{lock_};
      closed_ = true;
    }
    changed_.set();
  }

  /// The next result, if it is there. None: ended() or wait for changed().
  std::optional<R> take() {
    slot* const next = first();
    if (next == nullptr) return std::nullopt;
    std::optional<R> out{std::move(next->result)};
    next->result.reset();
    bool was_full = false;
    {
      const hold guard{lock_};
      next->there = false;
      was_full = opened_ - taken_ == ring_.size();
      ++taken_;
    }
    if (was_full) room_.set();
    return out;
  }
  [[nodiscard]] bool ended() const {
    const hold guard{lock_};
    return closed_ && taken_ == opened_;
  }
  [[nodiscard]] auto changed() noexcept { return changed_.wait(); }
  [[nodiscard]] part_counts counts() const {
    const hold guard{lock_};
    return {.capacity = ring_.size(), .depth = opened_ - taken_, .peak = peak_, .in = opened_, .out = taken_};
  }

 private:
  struct slot {
    std::optional<R> result;
    bool there = false;  ///< under the lock
  };
  slot& slot_of(std::size_t at) noexcept { return ring_[at % ring_.size()]; }
  /// Unordered: calls take the slots in the order in which they end.
  std::size_t next_end() noexcept {
    const hold guard{lock_};
    return ended_calls_++;
  }
  slot* first() noexcept {
    const hold guard{lock_};
    slot& next = slot_of(taken_);
    if (next.there) return &next;
    if (!closed_ || taken_ != opened_) changed_.reset();
    return nullptr;
  }

  mutable spin_lock lock_;
  std::vector<slot> ring_;
  const order by_;
  std::size_t opened_ = 0, ended_calls_ = 0, taken_ = 0, peak_ = 0;
  bool closed_ = false;
  async_event room_, changed_;
};

}  // namespace detail
}  // namespace weir::inline v0

// weir/detail/timed_batch.hpp - a batch between the driver that fills it and the consumer.    [floor: flow]
//
//   driver:    admit -> item into the batch -> added | refused: waits until the batch was taken
//   consumer:  waits for the first item, then until the batch is complete or its time is over, and takes it
//
// Invariants  B1  the batch is the driver's from admit() to added(), the consumer's when it takes it under
//                 the lock; it takes none while an item is being added
//             B2  no code of the user's runs under the lock: sizes, moves and allocations are outside
// Events: see result_window.hpp.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <weir/async_event.hpp>
#include <weir/detail/batch_room.hpp>
#include <weir/detail/listed_stage.hpp>
#include <weir/detail/saturating.hpp>
#include <weir/detail/spin_lock.hpp>
#include <weir/error.hpp>
#include <weir/stop.hpp>
#include <weir/task.hpp>
#include <weir/this_task.hpp>

namespace weir::inline v0::detail {

template <class T>
class timed_batch {
 public:
  explicit timed_batch(const batch_limits& limits, std::chrono::nanoseconds longest) noexcept
      : room_{limits}, longest_{longest} {}

  // The driver's.
  task<> add(T item) {
    const time_point now = co_await current_time();
    const std::size_t bytes = room_.bytes_of(item);
    while (!admit(bytes, now)) co_await taken_.wait();
    if (items_.empty()) items_.reserve(room_.at_first());
    items_.push_back(std::move(item));
    added(bytes);
  }
  void end() noexcept {
    {
      const hold guard{lock_};
      ended_ = true;
    }
    begun_.set();
    complete_.set();
  }

  [[nodiscard]] part_counts counts() {
    const hold guard{lock_};
    return {.capacity = room_.most().get(), .depth = room_.size(), .peak = peak_, .in = in_, .out = in_ - room_.size()};
  }
  void set_most(std::size_t items) noexcept {
    {
      const hold guard{lock_};  // not between the consumer's look and its reset of the event
      room_.most().set(items);
    }
    complete_.set();
  }

  /// The consumer's: the next batch, when it is complete or its time is over; empty at the end.
  task<std::vector<T>> next() {
    while (!has_begun()) co_await begun_.wait();
    for (bool late = false;;) {
      std::vector<T> batch;
      if (take(late, batch)) co_return batch;
      if (late) {
        co_await complete_.wait();  // one more item is just being added
        continue;
      }
      try {
        co_await with_deadline(saturating_add(since_, longest_), complete_.wait());
      } catch (const operation_timed_out&) {
        late = true;
      }
    }
  }

 private:
  bool admit(std::size_t bytes, time_point now) noexcept {
    {
      const hold guard{lock_};
      if (!room_.refuses(bytes)) {
        if (room_.empty()) since_ = now;
        return adding_ = true;
      }
      taken_.reset();
      pressed_ = true;
    }
    complete_.set();
    return false;
  }
  void added(std::size_t bytes) noexcept {
    bool first = false, complete = false;
    {
      const hold guard{lock_};
      adding_ = false;
      first = room_.empty();
      room_.add(bytes);
      ++in_, peak_ = std::max(peak_, room_.size());
      complete = std::exchange(overdue_, false) || room_.full();
    }
    if (first) begun_.set();
    if (complete) complete_.set();
  }
  bool has_begun() noexcept {
    const hold guard{lock_};
    if (!room_.empty() || ended_) return true;
    begun_.reset();
    return false;
  }
  bool take(bool late, std::vector<T>& into) noexcept {
    {
      const hold guard{lock_};
      if (adding_ || (!late && !ended_ && !pressed_ && !room_.full())) {
        overdue_ = late;
        complete_.reset();
        return false;
      }
      into.swap(items_);
      room_.clear();
      if (!std::exchange(pressed_, false)) return true;
    }
    taken_.set();
    return true;
  }

  spin_lock lock_;
  batch_room room_;
  std::vector<T> items_;  // B1
  const std::chrono::nanoseconds longest_;
  time_point since_{};    // of the open batch; written while it is empty, when the consumer does not read it
  bool adding_ = false;   // an item is on its way into the batch
  bool overdue_ = false;  // and the consumer waits for no more than that one
  bool pressed_ = false;  // the driver has an item for the batch after this one
  bool ended_ = false;
  std::uint64_t in_ = 0;
  std::size_t peak_ = 0;
  async_event begun_, complete_, taken_;
};

}  // namespace weir::inline v0::detail

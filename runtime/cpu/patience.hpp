// cpu/patience.hpp - how a worker that has found nothing goes on looking, and for how long.    [floor: cpu]
//
// A look reads lines that producers write, so looks cost the producers more than posts do: they come further and
// further apart, 1 to 32 pauses (up to about a microsecond). Others' jobs are not stolen in the first few rounds: a
// steal costs a heavy fence, which interrupts every running thread, and what the others hold is mostly a chunk from the
// injector that is gone in a moment. It is never left there: the last look, before the worker gives up, is always a
// full one. From then on the processor is offered to others between two looks: on a machine with more threads than
// processors it is often the producer who waits for it, and a worker that looks in his way finds nothing, falls asleep
// and has to be woken.
#pragma once

#include <sched.h>

#include <algorithm>
#include <chrono>

#include "sync/atomic.hpp"

namespace weir::inline v0::cpu {

class patience {
 public:
  explicit patience(std::chrono::nanoseconds limit) noexcept : limit_{limit} {}

  /// Nothing has been found once since the last reset().
  [[nodiscard]] bool fresh() const noexcept { return rounds_ == 0; }
  [[nodiscard]] bool steals_jobs() const noexcept { return rounds_ >= rounds_before_stealing; }

  /// After a look that found nothing: pauses. False: the time is over, and the look was a full one.
  [[nodiscard]] bool look_again() noexcept {
    if (rounds_ == 0)
      end_ = clock::now() + limit_;
    else if (clock::now() >= end_) {
      if (steals_jobs()) return false;
      rounds_ = rounds_before_stealing;
      return true;
    }
    for (unsigned i = 0; i < pauses_; ++i) sync::pause();
    if (steals_jobs()) ::sched_yield();
    pauses_ = std::min(pauses_ * 2, longest_pause);
    ++rounds_;
    return true;
  }

  /// Something was found.
  void reset() noexcept {
    rounds_ = 0;
    pauses_ = 1;
  }

 private:
  using clock = std::chrono::steady_clock;
  static constexpr unsigned rounds_before_stealing = 5;
  static constexpr unsigned longest_pause = 32;

  const std::chrono::nanoseconds limit_;
  clock::time_point end_{};
  unsigned rounds_ = 0;
  unsigned pauses_ = 1;
};

}  // namespace weir::inline v0::cpu

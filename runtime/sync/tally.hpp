// sync/tally.hpp - a counter with one writer (or seldom many) and any number of readers.      [floor: sync]
//
// Threads     add: one thread at a time, handed over with whatever it belongs to.   read, outstanding: any.
// Steps       A1 add: load and store (release), one writer; or an RMW (release)     R1 read (acquire)
// Invariants  I1  no add is lost, and no add costs a locked instruction
//             I2  who reads a count sees what was done before it was written
//             I3  outstanding() never says less than what went in before the call and has not come out
// Why I3      Ends are read before beginnings. Both only grow, and an end follows its beginning: what has ended when
//             it is read has begun when the beginnings are read, after I2. So the difference errs upwards only.
// Checked in sums over many: tests/model/tally_model.cpp, activity_model.cpp, bell_model.cpp
#pragma once

#include <cstdint>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

/// A counter that one thread writes and any thread reads.
class tally {
 public:
  void add(std::uint64_t n = 1) noexcept {
    // (A1) release, to R1: who reads this count also sees what was done before it was written (wait_idle, D9)
    value_.store(value_.load(memory_order_relaxed) + n, memory_order_release);
  }
  [[nodiscard]] std::uint64_t read() const noexcept { return value_.load(memory_order_acquire); }  // (R1) from A1

 private:
  atomic<std::uint64_t> value_{0};
};

/// The same with any number of writers, for what happens seldom. Costs a locked instruction.
class shared_tally {
 public:
  void add(std::uint64_t n = 1) noexcept { value_.fetch_add(n, memory_order_release); }            // (A1)
  [[nodiscard]] std::uint64_t read() const noexcept { return value_.load(memory_order_acquire); }  // (R1) from A1

 private:
  atomic<std::uint64_t> value_{0};
};

/// What has gone in and not come out yet. ended, begun: sum the tallies of all writers.
template <class Ended, class Begun>
[[nodiscard]] std::uint64_t outstanding(Ended ended, Begun begun) noexcept {
  const std::uint64_t out = ended();  // first (I3)
  return begun() - out;
}

/// The sum over a range of tallies.
template <class Range>
[[nodiscard]] std::uint64_t total(const Range& tallies) noexcept {
  std::uint64_t sum = 0;
  for (const tally& t : tallies) sum += t.read();
  return sum;
}

}  // namespace weir::inline v0::sync

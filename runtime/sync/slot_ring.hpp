// sync/slot_ring.hpp - the newest records of one writer, whole, for readers that it never waits for.  [floor: sync]
//
//   record n lies in slot n mod capacity: `Words` words, each an atomic; head = how many have been written
//
// Head and slots lie elsewhere, in a file's memory if need be: this only says in which order they are touched.
//
// Threads    put: the writer.   head, load, intact_from: any.
// Invariants S1  of n records the newest min(n, capacity - 1) are whole, wherever the writer has stopped
//            S2  what load() gave of a record at or beyond a later intact_from() was not half overwritten meanwhile
// Protocol   W1 head (n), release    W2 words of record n, release each    W3 head (n + 1), release
//            R1 head, acquire        R2 words, acquire each                R3 head again
//            R2 that reads a word of W2 synchronises with it, so R3 sees W1 or later, which tells that this slot was
//            being overwritten: S2. On x86 all of these are plain loads and stores.
// Lock-free  all.
// Checked: tests/model/slot_ring_model.cpp
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

template <std::size_t Words>
class slot_ring {
 public:
  using record = std::array<std::uint64_t, Words>;
  using slot = std::array<atomic<std::uint64_t>, Words>;

  /// slots: a power of two of them. Both zeroed, and alive as long as the ring.
  slot_ring(atomic<std::uint64_t>& head, slot* slots, std::uint64_t capacity) noexcept
      : head_{head}, slots_{slots}, mask_{capacity - 1} {}

  [[nodiscard]] std::uint64_t capacity() const noexcept { return mask_ + 1; }

  /// Writer. The number that the next record will have.
  [[nodiscard]] std::uint64_t next() const noexcept { return head_.load(memory_order_relaxed); }
  /// Writer. Requires n == next().
  void put(std::uint64_t n, const record& r) noexcept {
    slot& s = slots_[n & mask_];
    for (std::size_t i = 0; i < Words; ++i) s[i].store(r[i], memory_order_release);  // (W2) carries W1 to R3
    head_.store(n + 1, memory_order_release);  // (W3, and W1 of the next record) publishes W2 to R1
  }

  /// How many have been written: those before it can be loaded.
  [[nodiscard]] std::uint64_t head() const noexcept { return head_.load(memory_order_acquire); }  // (R1)
  [[nodiscard]] record load(std::uint64_t n) const noexcept {
    const slot& s = slots_[n & mask_];
    record r{};
    for (std::size_t i = 0; i < Words; ++i) r[i] = s[i].load(memory_order_acquire);  // (R2)
    return r;
  }
  /// After loads: the first number that nobody can have been overwriting.
  [[nodiscard]] std::uint64_t intact_from() const noexcept {
    const std::uint64_t now = head_.load(memory_order_relaxed);  // (R3) R2 has acquired what it must see
    return now > mask_ ? now - mask_ : 0;
  }

 private:
  atomic<std::uint64_t>& head_;
  slot* const slots_;
  const std::uint64_t mask_;
};

}  // namespace weir::inline v0::sync

// sync/stint.hpp - what a thief works on, told to whoever waits for it (leapfrogging, D15).     [floor: sync]
//
// While a worker runs a stolen fork, the children on its deque from `base` on descend from that fork. The joiner of the
// fork may run those, and no others: what it took beside them could wait for what the joiner itself holds up.
//
// Threads     runs, now, base_now: the worker.   is, base: any.
// Invariants  G1  a child at or beyond base(), while is(w) holds, descends from w
// Steps       R1  no work     R2  base (release)     R3  the work (release)
//             J1  is(w) (acquire, from R3)     J2  base()     J3  deque: heavy fence, read the item
//             J4  is(w) again                  J5  deque: take it by CAS
//             J1 knows R2 of its stint: a base that J2 reads is that one or a later stint's. A later one brings R1 of
//             that stint along, by R2's release and the fence of J3, so J4 does not find w, unless it was put back,
//             above the same base. And J5 proves that the item stood in its place from J3 on, so while J4 looked.
// Checked: tests/model/fork_deque_model.cpp
#pragma once

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

template <class Work, class Place>
class stint {
 public:
  void runs(Work* what, Place from) noexcept {
    work_.store(nullptr, memory_order_relaxed);  // (R1) R2 carries it
    base_.store(from, memory_order_release);     // (R2) carries R1 to J4
    work_.store(what, memory_order_release);     // (R3) carries R2 to J2
  }

  [[nodiscard]] bool is(const Work& w) const noexcept { return work_.load(memory_order_acquire) == &w; }  // (J1, J4)
  [[nodiscard]] Place base() const noexcept { return base_.load(memory_order_relaxed); }  // (J2) J3's fence acquires it

  // The worker's own look, to put back what it ran before.
  [[nodiscard]] Work* now() const noexcept { return work_.load(memory_order_relaxed); }
  [[nodiscard]] Place base_now() const noexcept { return base_.load(memory_order_relaxed); }

 private:
  atomic<Work*> work_{nullptr};
  atomic<Place> base_{0};
};

}  // namespace weir::inline v0::sync

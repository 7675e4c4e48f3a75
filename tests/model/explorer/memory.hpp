// explorer/memory.hpp - the C++20 memory model as a set of stores that a load may still read.
//
// Every atomic object keeps its modification order, a list of all its stores. A load may read any store that is not
// hidden by a newer one which the thread must know:
//   coherence     a store that the thread has seen, or that happens before it, hides all older ones
//   seq_cst       the order S is the order of execution. A seq_cst access is not older than what an earlier seq_cst
//                 access of the SAME object wrote or read; it neither acquires nor hides anything on other objects
//   fences        after a seq_cst fence, what precedes an earlier seq_cst fence and what earlier seq_cst accesses
//                 touched hides older stores; a fence makes nothing happen before (no data is acquired)
// A store may also take its place before stores of other threads that its thread need not know (2+2W), but never
// between a store and the RMW that read it. A release sequence is the store and the RMWs that follow it (C++20).
//
// Out of reach: a load that reads a store which is executed later (load buffering), and executions in which S disagrees
// with happens-before, which C++20 allows for mixed-order programs.
#pragma once

#include <atomic>

#include "explorer/clock.hpp"

namespace weir::inline v0::model {

using order = std::memory_order;
inline constexpr std::uint16_t no_store = 0xffff;
inline constexpr std::uint32_t no_access = 0xffff'ffff;

constexpr bool acquires(order o) { return o == order::acquire || o == order::acq_rel || o == order::seq_cst; }
constexpr bool releases(order o) { return o == order::release || o == order::acq_rel || o == order::seq_cst; }

/// One store in a modification order.
struct store_record {
  std::uint64_t value;
  view released;         ///< what an acquire that reads it learns
  clock seen;            ///< the operation by which each thread first knew it, or never
  std::uint32_t serial;  ///< position in the order of execution
  std::uint32_t sc;      ///< the first seq_cst access that wrote or read it
  std::uint16_t older, newer;
  bool followed;  ///< an RMW read it: nothing may come between the two
};

/// What a model thread carries for the memory.
struct thread_memory {
  view now;
  view released;              ///< at its last release fence
  view unacquired;            ///< read by relaxed loads, for the next acquire fence
  std::uint32_t changes = 0;  ///< stores of its own that changed a value
  std::uint32_t fresh = 0;    ///< after pause(): stores up to here are not missed any more
};

/// An atomic object.
struct location {
  std::uint16_t newest = no_store;
  std::uint16_t initial = no_store;
  std::uint32_t epoch = 0;  ///< the execution it lives in; 0: dead
  clock accessed;           ///< the last access of each thread: they must happen before its end
};

class memory {
 public:
  static constexpr std::uint16_t capacity = 16'000;

  void reset() noexcept {
    count_ = 0;
    serial = 0;
    sc_access_ = 0;
    changes = 0;
    sc_fenced_ = light_fenced_ = heavy_fenced_ = clock{};
  }

  [[nodiscard]] bool full() const noexcept { return count_ >= capacity; }
  store_record& at(std::uint16_t i) noexcept { return stores_[i]; }
  [[nodiscard]] std::uint64_t latest(const location& l) const noexcept { return stores_[l.newest].value; }

  void create(location& l, thread_memory& t, unsigned self, std::uint64_t value) noexcept {
    ++t.now.hb.at[self];
    l.newest = l.initial = append(no_store, no_store, value, t, self, order::relaxed);
  }

  /// True when the thread t must not read anything older than r.
  [[nodiscard]] bool hides(const store_record& r, const thread_memory& t, order o, std::uint32_t fresh) const noexcept {
    const std::uint32_t sc_limit = o == order::seq_cst ? sc_access_ : t.now.sc;
    if (r.serial <= fresh || r.sc <= sc_limit) return true;
    clock known = t.now.hb;
    known.join(t.now.fenced);
    if (o == order::seq_cst) known.join(sc_fenced_);
    return any(r.seen.at <= known.at);
  }

  void read(std::uint16_t i, thread_memory& t, unsigned self, order o) noexcept {
    store_record& r = stores_[i];
    if (r.seen.at[self] == never) r.seen.at[self] = t.now.hb.at[self];
    if (acquires(o))
      t.now.join(r.released);
    else
      t.unacquired.join(r.released);
    if (o == order::seq_cst) r.sc = std::min(r.sc, ++sc_access_);
  }

  /// Puts a store right after `after` in the modification order; an RMW has just read `after`.
  void write(location& l, std::uint16_t after, bool rmw, std::uint64_t value, thread_memory& t, unsigned self,
             order o) noexcept {
    const std::uint16_t before = stores_[after].newer;
    const bool changed = value != stores_[l.newest].value;
    const std::uint16_t i = append(after, before, value, t, self, o);
    stores_[after].newer = i;
    if (before == no_store)
      l.newest = i;
    else
      stores_[before].older = i;
    if (rmw) {
      stores_[after].followed = true;
      stores_[i].released.join(stores_[after].released);  // the release sequence goes on
    }
    if (changed) ++changes, ++t.changes;
  }

  void fence(thread_memory& t, unsigned self, order o) noexcept {
    ++t.now.hb.at[self];
    if (acquires(o)) t.now.join(t.unacquired);
    if (o == order::seq_cst) {
      t.now.fenced.join(sc_fenced_);
      sc_fenced_.join(t.now.hb);
      t.now.sc = sc_access_;
    }
    if (releases(o)) t.released = t.now;
  }

  /// The asymmetric pair (P1202): ordered like seq_cst fences, but two light ones do not order anything.
  void light(thread_memory& t, unsigned self) noexcept {
    ++t.now.hb.at[self];
    t.now.fenced.join(heavy_fenced_);
    light_fenced_.join(t.now.hb);
  }
  void heavy(thread_memory& t, unsigned self) noexcept {
    fence(t, self, order::seq_cst);
    t.now.fenced.join(light_fenced_);
    heavy_fenced_.join(t.now.hb);
  }

  std::uint32_t serial = 0;
  std::uint32_t changes = 0;

 private:
  std::uint16_t append(std::uint16_t older, std::uint16_t newer, std::uint64_t value, thread_memory& t, unsigned self,
                       order o) noexcept {
    store_record& r = stores_[count_];
    r.value = value;
    if (releases(o))
      r.released = t.now;
    else
      r.released = t.released;
    r.seen.at = stamps{} + never;
    r.seen.at[self] = t.now.hb.at[self];
    r.serial = ++serial;
    r.sc = o == order::seq_cst ? ++sc_access_ : no_access;
    r.older = older;
    r.newer = newer;
    r.followed = false;
    return count_++;
  }

  std::array<store_record, capacity> stores_;
  std::uint16_t count_ = 0;
  std::uint32_t sc_access_ = 0;
  clock sc_fenced_;
  clock light_fenced_, heavy_fenced_;
};

}  // namespace weir::inline v0::model

// sync/activity.hpp - who is awake, who is looking for work, and who must be woken.            [floor: sync]
//
// One word: active workers (low half) and searching workers (high half, a subset of the active ones).
//   producer:  publish the job -> P1..P4 -> maybe wake one worker
//   worker:    asleep -> woken -> searching -> working -> searching -> ... -> asleep       (all but asleep are active)
//
// Woken     Counted active by whoever wakes it, and searching by itself when it begins to look: who is still on his way
//           keeps nobody asleep, so a burst wakes one worker per job until all are awake, all at the same time.
// Producer  P1 publish (not here)      P2 light fence, read the word
//           P3 everyone active: done   P4 somebody searches: re-read with an RMW; still searching: done
//           P5 count one more worker as active (CAS); the caller wakes it
// Sleeper   S1 leave: subtract itself  S2 heavy fence   S3 look at every queue again   S4 work there: come back (CAS)
// Found     F1 stop searching (RMW)    F2 if it was the last searcher: look again, and if there is more, P2..P5
//
// Why nothing is lost. P2/P3 against S1..S3: light and heavy fence order them, so either P2 sees the sleeper gone, or
// S3 sees the job. P4 against F1: both are RMWs on the word. P4 first: F1 acquires P1, so F2 sees the job. F1 first:
// P4 reads no searcher and goes on to P5. A searcher that finds nothing becomes a sleeper, and looks again in S3.
// The producer pays a fence only in P4, while some workers sleep and another is searching: never under load.
// Checked: tests/model/activity_model.cpp.
#pragma once

#include <cstdint>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

class activity {
 public:
  explicit activity(unsigned workers) noexcept : workers_{workers} {}

  /// (P2..P5) After publishing work. True: one worker has been counted awake and the caller must wake one.
  [[nodiscard]] bool must_wake() noexcept {
    fence_light();  // (P2) orders P1 before the load, against S2
    std::uint64_t word = word_.load(memory_order_relaxed);
    for (;;) {
      if (active(word) >= workers_) return false;  // (P3)
      if (searching(word) == 0) {
        if (word_.compare_exchange_weak(word, word + one_active, memory_order_acq_rel,
                                        memory_order_relaxed))  // (P5) as P4
          return true;
        continue;  // a failed CAS is no RMW: if it saw a searcher, P4 still has to come
      }
      word =
          word_.fetch_add(0, memory_order_acq_rel);  // (P4) release: publishes P1 to F1; acquire: of nothing, but free
      if (searching(word) != 0) return false;
    }
  }

  /// (F1) True when the caller was the last searcher: it must look again and call must_wake() if there is more.
  [[nodiscard]] bool stop_searching() noexcept {
    return searching(word_.fetch_sub(one_searching, memory_order_acq_rel)) == 1;  // acquire: P1 through P4
  }

  /// An active worker begins to search: woken, or out of work.
  void start_searching() noexcept { word_.fetch_add(one_searching, memory_order_acq_rel); }

  /// (S1, S2) The searcher leaves. It must look again (S3) before it sleeps. True when nobody is active any more.
  bool leave() noexcept {
    const std::uint64_t before = word_.fetch_sub(one_active + one_searching, memory_order_acq_rel);
    fence_heavy();  // (S2)
    return active(before) == 1;
  }

  /// (S4) Counts the caller as active again. False: as many as there are workers are awake already.
  [[nodiscard]] bool come_back() noexcept {
    std::uint64_t word = word_.load(memory_order_relaxed);
    while (active(word) < workers_)
      if (word_.compare_exchange_weak(word, word + one_active, memory_order_acq_rel, memory_order_relaxed)) return true;
    return false;
  }

  /// Takes back what must_wake() or come_back() has counted, where nobody begins to search because of it.
  void abandon() noexcept { word_.fetch_sub(one_active, memory_order_acq_rel); }

  [[nodiscard]] unsigned active_now() const noexcept { return active(word_.load(memory_order_relaxed)); }
  /// For those who look themselves whether everyone is active (P2, P3): active workers are the low half.
  [[nodiscard]] const atomic<std::uint64_t>& word() const noexcept { return word_; }

  [[nodiscard]] unsigned searching_now() const noexcept { return searching(word_.load(memory_order_relaxed)); }

 private:
  static constexpr std::uint64_t one_active = 1;
  static constexpr std::uint64_t one_searching = std::uint64_t{1} << 32;
  static unsigned active(std::uint64_t word) noexcept { return static_cast<unsigned>(word); }
  static unsigned searching(std::uint64_t word) noexcept { return static_cast<unsigned>(word >> 32); }

  alignas(64) atomic<std::uint64_t> word_{0};
  const unsigned workers_;
};

}  // namespace weir::inline v0::sync

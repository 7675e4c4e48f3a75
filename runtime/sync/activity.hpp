// sync/activity.hpp - who is awake, who is looking for work, and who must be woken.            [floor: sync]
//
//   word_ = { anchor asleep : 1 | guest coming : 1 | searching : 30 | active : 32 }
//
// Workers are the anchor, which comes when it is woken, and guests, which come late or never (sync/crew.hpp).
// Everything that a waker has to decide together is one word, and every change of it is an RMW.
//   producer:  publish the job -> P1..P5 -> maybe wake one worker
//   worker:    asleep -> woken -> searching -> working -> searching -> ... -> asleep       (all but asleep are active)
//
// Woken       Counted active by whoever wakes it, and searching by itself when it begins to look. One guest at a time
//             is on its way: when it starts it looks, and brings the next.
// Producer    P1 publish (not here)      P2 light fence, read the word      P3 everyone active: done
//             P4 somebody searches, or the anchor is awake and a guest is on its way: re-read by an RMW; still so: done
//             P5 CAS: the anchor, or when it is awake a guest, counts as active; the caller wakes it
// Sleeper     S1 leave: subtract itself  S2 heavy fence   S3 look at every queue again   S4 work there: come back (CAS)
// Found       F1 stop searching (RMW)    F2 if it was the last searcher: look again, and if there is more, P2..P5
// Guest       G1 start: it is not on its way any more (RMW); it looks
// Given up    V1 a counted wake-up comes to nothing: subtract it (RMW)     V2, V3 as S2, S3: sync/crew.hpp
// Invariants  I1  active + anchor asleep <= workers
//             I2  who is counted looks (S3, V3) when it is not counted any more, but for a wake-up given up without V3
//             I3  a job is in a queue => somebody is active who has yet to look, or a wake-up is being delivered
//             I4  if fewer than `workers` jobs run it is somebody who is in none of them: jobs that wait for each other
//                 get all their workers, as long as guests come and no wake-up is given up without V3
// Why nothing is lost. P2/P3 against S1..S3 and V1..V3: light and heavy fence order them, so either P2 sees the count
// gone, or the look sees the job. P4 against F1 and G1: all are RMWs on the word. P4 second: it reads no searcher, no
// guest on its way, and goes on to P5. P4 first: the F1 of that searcher, or of that guest, follows it and acquires P1,
// so F2 sees the job; whoever finds nothing gets to S1 instead, after P4 too, and S3 sees it.
// I3 needs the anchor only: P3 and P4 never leave it asleep (I1), and its S2, S3 come after whatever they saw. I4 needs
// every count to be one that looks: I2.
// The producer pays an RMW only in P4, while some workers sleep and another one is about to look: never under load.
// Checked: tests/model/activity_model.cpp, injector_model.cpp.
#pragma once

#include <cstdint>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

/// Whom a counted wake-up goes to.
enum class wake : std::uint8_t { nobody, anchor, guest };

class activity {
 public:
  /// Nobody is active; the anchor is asleep.
  explicit activity(unsigned workers) noexcept : workers_{workers} {}

  /// (P2..P5) After publishing work. Not nobody: that worker has been counted awake and the caller must wake it.
  [[nodiscard]] wake must_wake() noexcept {
    fence_light();  // (P2) orders P1 before the load, against S2, V2
    std::uint64_t word = word_.load(memory_order_relaxed);
    for (;;) {
      if (active(word) >= workers_) return wake::nobody;  // (P3)
      if (somebody_will_look(word)) {
        word = word_.fetch_add(0, memory_order_release);  // (P4) release: P1, to F1
        if (somebody_will_look(word)) return wake::nobody;
      } else {
        const bool sleeps = anchor_sleeps(word);
        // (P5) relaxed: the parker, or the invitation, hands the job over. A failed CAS is no P4, whatever it saw.
        if (word_.compare_exchange_weak(word, word + one_active + (sleeps ? 0 - asleep_bit : coming_bit),
                                        memory_order_relaxed))
          return sleeps ? wake::anchor : wake::guest;
      }
    }
  }

  /// (P5) for the anchor alone. False: it is awake, and looks before it sleeps.
  [[nodiscard]] bool must_wake_anchor() noexcept { return rouse_anchor(); }

  /// (F1) True when the caller was the last searcher: it must look again and call must_wake() if there is more.
  [[nodiscard]] bool stop_searching() noexcept {
    return searching(word_.fetch_sub(one_searching, memory_order_acquire)) == 1;  // acquire: P1 through P4
  }

  /// An active worker begins to search: woken, or out of work. Relaxed: P4 and F1 carry the order.
  void start_searching() noexcept { word_.fetch_add(one_searching, memory_order_relaxed); }

  /// (G1) The guest that was on its way has started; it looks, or gives its wake-up up. Relaxed: a look that finds
  /// something comes before an F1, one that finds nothing before an S2, and they carry the order.
  void guest_starts() noexcept { word_.fetch_sub(coming_bit, memory_order_relaxed); }

  /// (S1, S2) A searcher leaves. It must look again (S3) before it sleeps.
  void guest_leaves() noexcept {
    word_.fetch_sub(one_active + one_searching, memory_order_relaxed);
    fence_heavy();  // (S2) against P2
  }
  void anchor_leaves() noexcept {
    word_.fetch_add(asleep_bit - one_active - one_searching, memory_order_relaxed);
    fence_heavy();  // (S2) against P2
  }

  /// (S4) Counts the caller as active again. False: as many as there are workers are (I1), or it was counted by a
  /// waker.
  [[nodiscard]] bool guest_comes_back() noexcept {
    std::uint64_t word = word_.load(memory_order_relaxed);
    while (active(word) + (anchor_sleeps(word) ? 1U : 0U) < workers_)
      if (word_.compare_exchange_weak(word, word + one_active, memory_order_relaxed)) return true;
    return false;
  }
  [[nodiscard]] bool anchor_comes_back() noexcept { return rouse_anchor(); }

  /// (V1) Takes back what must_wake() or guest_comes_back() has counted, where nobody begins to search because of it.
  /// invited: a guest that does not come, not even late.
  void give_up(bool invited = false) noexcept {
    word_.fetch_sub(one_active + (invited ? coming_bit : 0), memory_order_relaxed);
  }

  [[nodiscard]] unsigned active_now() const noexcept { return active(word_.load(memory_order_relaxed)); }
  [[nodiscard]] unsigned searching_now() const noexcept { return searching(word_.load(memory_order_relaxed)); }
  /// For those who look themselves whether everyone is active (P2, P3): active workers are the low half.
  [[nodiscard]] const atomic<std::uint64_t>& word() const noexcept { return word_; }

 private:
  static constexpr std::uint64_t one_active = 1;
  static constexpr std::uint64_t one_searching = std::uint64_t{1} << 32;
  static constexpr std::uint64_t coming_bit = std::uint64_t{1} << 62;
  static constexpr std::uint64_t asleep_bit = std::uint64_t{1} << 63;
  static unsigned active(std::uint64_t word) noexcept { return static_cast<unsigned>(word); }
  static unsigned searching(std::uint64_t word) noexcept { return static_cast<unsigned>(word >> 32) & 0x3fff'ffffU; }
  static bool anchor_sleeps(std::uint64_t word) noexcept { return (word & asleep_bit) != 0; }
  static bool somebody_will_look(std::uint64_t word) noexcept {
    return searching(word) != 0 || ((word & coming_bit) != 0 && !anchor_sleeps(word));
  }

  bool rouse_anchor() noexcept {
    std::uint64_t word = word_.load(memory_order_relaxed);
    while (anchor_sleeps(word))
      if (word_.compare_exchange_weak(word, word - asleep_bit + one_active, memory_order_relaxed)) return true;
    return false;
  }

  alignas(64) atomic<std::uint64_t> word_{asleep_bit};
  const unsigned workers_;
};

/// One worker's stint: is it counted as searching? Host: anything_to_do(), and notify(): must_wake() and deliver.
class search {
 public:
  /// The caller is counted active and begins to look.
  explicit search(activity& counted) noexcept : activity_{counted} { activity_.start_searching(); }
  search(const search&) = delete;
  search& operator=(const search&) = delete;

  /// (F1, F2) The caller has found something.
  template <class Host>
  void found(Host& host) noexcept {
    if (!searching_) return;
    searching_ = false;
    if (activity_.stop_searching() && host.anything_to_do()) host.notify();
  }
  /// Nothing: it searches from now on. Only so it may leave (S1).
  void found_nothing() noexcept {
    if (!searching_) activity_.start_searching();
    searching_ = true;
  }

 private:
  activity& activity_;
  bool searching_ = true;
};

}  // namespace weir::inline v0::sync

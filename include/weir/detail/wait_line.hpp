// weir/detail/wait_line.hpp - the core of the flow floor: who waits, in which order, and who wins.  [floor: flow]
//
//   waiter      one operation that waits: lives in the frame of an awaiting coroutine or on a thread's stack. 0 heap
//   wait_line   first in, first out; every step under the lock of the object it belongs to
//   wake_list   those whose wait was decided under the lock; woken when it goes out of scope, after the unlock
//
// Protocol    W1 lock; cannot go on: line.add(w); unlock; suspend     G1 lock; wakes.settle(line, w, how); unlock
//                                                                    G2 w.wake(w)
//             C1 (a stop, a time limit) lock; w not in line: somebody else has decided, do nothing
//                                    w in line: wakes.settle(line, w, stopped | timed_out); unlock      C2 w.wake(w)
// Invariants  I1  one winner: w leaves the line once, under the lock, with its outcome; who takes it out wakes it, once
//             I2  nobody is woken, and no user code runs, under the lock; the lock is not touched after the unlock by a
//                 waiter that was woken, nor the waiter by its waker after wake()
//             I3  no barging: what is given to a waiter is given under the lock (a hand-off), never put back for it to
//                 take when it has resumed; who comes while others wait goes to the end
// Lifetime    A waiter outlives C1: an awaiter unregisters from its stop state after it was woken, which waits for a
//             request in progress (detail/stop_state.hpp). So C1 may come beside or after G2 and finds it not in line.
// Checked: tests/model/hand_off_model.cpp, tests/model/channel_model.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace weir::inline v0::detail {

/// How a wait ended.
enum class wait_end : unsigned { none, done, closed, stopped, timed_out };

struct waiter {
  using wake_fn = void (*)(waiter&) noexcept;
  explicit waiter(wake_fn fn) noexcept : wake{fn} {}
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;

  wake_fn wake;  ///< resumes whoever waits; the last touch
  waiter* ahead = nullptr;
  waiter* behind = nullptr;
  bool in_line = false;
  wait_end how = wait_end::none;
};

class wait_line {
 public:
  wait_line() noexcept = default;
  wait_line(const wait_line&) = delete;
  wait_line& operator=(const wait_line&) = delete;

  [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Requires  not empty.
  [[nodiscard]] waiter& front() const noexcept { return *first_; }

  void add(waiter& w) noexcept {
    w.ahead = last_;
    w.behind = nullptr;
    (last_ != nullptr ? last_->behind : first_) = &w;
    last_ = &w;
    w.in_line = true;
    ++size_;
  }

  void remove(waiter& w) noexcept {
    (w.ahead != nullptr ? w.ahead->behind : first_) = w.behind;
    (w.behind != nullptr ? w.behind->ahead : last_) = w.ahead;
    w.in_line = false;
    --size_;
  }

 private:
  waiter* first_ = nullptr;
  waiter* last_ = nullptr;
  std::size_t size_ = 0;
};

/// Holds a lock for a block. The flow floor's cores are templates over their lock, so that the models bring theirs.
template <class Lock>
class hold {
 public:
  explicit hold(Lock& l) noexcept : lock_{l} { lock_.lock(); }
  ~hold() { lock_.unlock(); }
  hold(const hold&) = delete;
  hold& operator=(const hold&) = delete;

 private:
  Lock& lock_;
};

/// Declare it before the hold of the lock: it wakes when it ends, after the lock was released.
class wake_list {
 public:
  wake_list() noexcept = default;
  wake_list(const wake_list&) = delete;
  wake_list& operator=(const wake_list&) = delete;
  ~wake_list() {
    while (first_ != nullptr) {
      waiter& w = *first_;
      first_ = w.behind;  // before the wake, after which w may be gone
      w.wake(w);
    }
  }

  /// Takes w out of its line with its outcome. Under the lock.
  void settle(wait_line& line, waiter& w, wait_end how) noexcept {
    line.remove(w);
    w.how = how;
    w.behind = nullptr;
    (last_ != nullptr ? last_->behind : first_) = &w;
    last_ = &w;
  }

  void settle_all(wait_line& line, wait_end how) noexcept {
    while (!line.empty()) settle(line, line.front(), how);
  }

 private:
  waiter* first_ = nullptr;
  waiter* last_ = nullptr;
};

}  // namespace weir::inline v0::detail

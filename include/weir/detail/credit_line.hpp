// weir/detail/credit_line.hpp - weighted credits, given in strict order: the core of limiters.   [floor: flow]
//
//   take   nobody waits and it fits: granted     otherwise to the end of the line, unless the line is full
//   give   in_use shrinks, then grant(): from the head of the line on, as long as the head fits
//
// Invariants  L1  in_use == sum of what is granted and not given back; a grant never makes it exceed the limit
//             L2  strictly in order: while the head does not fit, nobody behind it is granted and nobody new is
//             L3  what a waiter is granted is its own from that moment (in_use counts it), also before it has resumed
//             L4  the head fits only inside a call: whatever changes limit, in_use or the head ends with grant()
// The protocol of waiting is wait_line.hpp's. Checked: tests/model/hand_off_model.cpp
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <weir/detail/wait_line.hpp>

namespace weir::inline v0::detail {

enum class credit_answer : unsigned { granted, waits, overloaded, too_large, closed, stopped };

template <class Lock>
class credit_line {
 public:
  /// One request. amount >= 1.
  struct claim : waiter {
    claim(std::size_t n, wake_fn fn) noexcept : waiter{fn}, amount{n} {}
    const std::size_t amount;
  };

  struct counts {
    std::size_t limit, in_use, waiting, peak;
    std::uint64_t granted, units, overloaded, withdrawn;  ///< units: granted in all
    bool closed;
  };

  credit_line(std::size_t limit, std::size_t max_waiting) noexcept : limit_{limit}, max_waiting_{max_waiting} {}

  /// May c go on? may_wait(), called under the lock, has the last word before c joins the line.
  template <class MayWait>
  [[nodiscard]] credit_answer take(claim& c, MayWait&& may_wait) noexcept {
    const hold guard{lock_};
    if (closed_) return credit_answer::closed;
    if (limit_ != 0 && c.amount > limit_) return credit_answer::too_large;
    if (line_.empty() && fits(c.amount)) {
      use(c.amount);
      return credit_answer::granted;
    }
    if (line_.size() >= max_waiting_) {
      ++overloaded_;
      return credit_answer::overloaded;
    }
    if (!may_wait()) return credit_answer::stopped;
    line_.add(c);
    return credit_answer::waits;
  }

  /// Only if nobody waits and it fits.
  [[nodiscard]] bool try_take(std::size_t amount) noexcept {
    const hold guard{lock_};
    if (closed_ || !line_.empty() || !fits(amount)) return false;
    use(amount);
    return true;
  }

  void give(std::size_t amount) noexcept {
    wake_list wakes;
    const hold guard{lock_};
    in_use_ -= amount;
    grant(wakes);
  }

  /// Ends c's wait; false: it has been decided already.
  bool withdraw(claim& c, wait_end how) noexcept {
    wake_list wakes;
    const hold guard{lock_};
    if (!c.in_line) return false;
    wakes.settle(line_, c, how);
    ++withdrawn_;
    grant(wakes);  // the next one may fit where this one did not
    return true;
  }

  /// Shrinking takes nothing from those who hold; 0 grants nothing until it is raised again.
  void resize(std::size_t limit) noexcept {
    wake_list wakes;
    const hold guard{lock_};
    limit_ = limit;
    grant(wakes);
  }

  /// Who waits and who comes is refused; what is granted stays so.
  void close() noexcept {
    wake_list wakes;
    const hold guard{lock_};
    closed_ = true;
    wakes.settle_all(line_, wait_end::closed);
  }

  [[nodiscard]] counts read() const noexcept {
    const hold guard{lock_};
    return {limit_, in_use_, line_.size(), peak_, granted_, units_, overloaded_, withdrawn_, closed_};
  }

 private:
  [[nodiscard]] bool fits(std::size_t amount) const noexcept { return in_use_ <= limit_ && amount <= limit_ - in_use_; }

  void use(std::size_t amount) noexcept {
    in_use_ += amount;
    peak_ = std::max(peak_, in_use_);
    units_ += amount;
    ++granted_;
  }

  void grant(wake_list& wakes) noexcept {
    while (!line_.empty() && fits(head().amount)) {
      use(head().amount);
      wakes.settle(line_, head(), wait_end::done);
    }
  }
  [[nodiscard]] claim& head() const noexcept { return static_cast<claim&>(line_.front()); }

  mutable Lock lock_;  ///< protects everything below
  std::size_t limit_;
  std::size_t in_use_ = 0;
  std::size_t peak_ = 0;
  const std::size_t max_waiting_;
  wait_line line_;
  std::uint64_t granted_ = 0, units_ = 0;
  std::uint64_t overloaded_ = 0;
  std::uint64_t withdrawn_ = 0;
  bool closed_ = false;
};

}  // namespace weir::inline v0::detail

// sync/branches.hpp - the children of a coroutine fork: who starts the next one, who ended the last.   [floor: sync]
//
// A group G has `count` children, `next`, the first not started, and the word `left`, the children not yet counted as
// ended. `next` has no lock: it goes with the right to start children ("the rest"), which one thread holds at a time.
//
//   run       S1 take child next; more left: push the rest on the own deque, visible to thieves  S2 run the child
//             S3 pop the rest: there again -> S1; gone: a thief has it -> E1
//   thief     T1 steal the rest (the deque's acquire: G and next) -> a run of its own, from S1
//   suspend   L1 a child on this run's stack suspends, the run ends: pop the rest, if it is there queue it elsewhere
//             L2 count down what this run has ended; the suspended child counts down itself, by E1
//   end       E1 count down what this run has ended; who brings `left` to 0 resumes the parent
//
// A run that ends all children itself never touches `left`: the usual case costs no atomic operation but the deque's.
// Invariants  B1  every child is started exactly once
//             B2  the parent goes on once, after every child has ended, and sees what they wrote
//             B3  a thread does not touch G after an E1 that was not the last one: the parent may be gone
// Owner of the deque and of the run: one thread. Pushes and pops nest strictly, so a pop gives this run's rest or
// nothing. Checked: tests/model/branches_model.cpp
#pragma once

#include <cstdint>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

/// (E1) True: all children have ended, the caller resumes the parent. False: the group may be gone.
template <class Group>
[[nodiscard]] bool count_down(Group& g, std::uint32_t ended) noexcept {
  // release: the ended children's results and the failure, to whoever is last. acquire: theirs, if that is us.
  return g.left.fetch_sub(ended, memory_order_acq_rel) == ended;
}

template <class Group, class Deque>
class branch_run {
 public:
  /// first: the first child of the run. deque: of the calling thread, or null: nobody can steal.
  branch_run(Group& g, Deque* deque, std::uint32_t first) noexcept
      : group_{g}, deque_{deque}, child_{first}, first_{first} {}

  /// The child to run now.
  [[nodiscard]] std::uint32_t child() const noexcept { return child_; }

  /// (S1) True: thieves may have something to take.
  [[nodiscard]] bool show() noexcept {
    shown_ = false;
    if (child_ + 1 == group_.count) return false;
    group_.next = static_cast<decltype(group_.next)>(child_ + 1);
    shown_ = deque_ != nullptr && deque_->push(&group_);
    return shown_;
  }

  /// (S3) The child has ended on this thread. True: another one is ours to start.
  [[nodiscard]] bool again() noexcept {
    ++child_;
    return child_ != group_.count && (!shown_ || deque_->pop() != nullptr);
  }

  /// After again() said no: this run has ended every child, nobody else ever had one.
  [[nodiscard]] bool ended_all() const noexcept { return child_ - first_ == group_.count; }

  /// Whether all children but this run's have been counted down: then all have ended, and the group is the caller's.
  [[nodiscard]] bool others_ended() const noexcept {
    return group_.left.load(memory_order_acquire) == child_ - first_;  // E1 of the others
  }

  /// (E1) for this run.
  [[nodiscard]] bool finish() noexcept { return count_down(group_, child_ - first_); }

  /// (L1, L2) True: the rest is the caller's to queue. The group lives: its suspended child has not been counted.
  [[nodiscard]] bool leave() noexcept {
    const bool rest_is_ours = child_ + 1 != group_.count && (!shown_ || deque_->pop() != nullptr);
    if (child_ != first_) (void)count_down(group_, child_ - first_);
    return rest_is_ours;
  }

 private:
  Group& group_;
  Deque* const deque_;
  std::uint32_t child_;
  const std::uint32_t first_;
  bool shown_ = false;  // the rest behind child_ was pushed
};

}  // namespace weir::inline v0::sync

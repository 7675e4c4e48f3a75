// weir/detail/branches.hpp - the children of a coroutine fork: who starts the next, who ended the last. [floor: sync]
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

#include <weir/detail/atomic.hpp>
#include <weir/detail/fork_seat.hpp>

#include <cstdint>

namespace weir::inline v0::detail {

/// (E1) True: all children have ended, the caller resumes the parent. False: the group may be gone.
template <class Group>
[[nodiscard]] bool count_down(Group& g, std::uint32_t ended) noexcept {
  // release: the ended children's results and the failure, to whoever is last. acquire: theirs, if that is us.
  return g.left.fetch_sub(ended, sync::memory_order_acq_rel) == ended;
}

/// Deque: a seat_for groups, or for bases of theirs.
template <class Group, class Deque>
class branch_run {
 public:
  /// first: the first child of the run. deque: of the calling thread, or null: nobody can steal.
  branch_run(Group& g, Deque* deque, std::uint16_t first) noexcept
      : group_{g}, deque_{deque}, child_{first}, first_{first} {}

  [[nodiscard]] Group& group() const noexcept { return group_; }
  [[nodiscard]] Deque* deque() const noexcept { return deque_; }
  /// The child to run now.
  [[nodiscard]] std::uint16_t child() const noexcept { return child_; }
  /// Is it the last one?
  [[nodiscard]] bool is_last() const noexcept { return child_ + 1U == group_.count; }

  /// (S1) Thieves may take what follows. For every child but the last one, before it runs.
  void show() noexcept {
    group_.next = static_cast<decltype(group_.next)>(child_ + 1);
    place_ = deque_ == nullptr ? nowhere : deque_->show(&group_);
  }

  /// (S3) The child has ended on this thread; more: it was not the last one. True: the next one is ours to start.
  [[nodiscard]] bool again(bool more) noexcept {
    ++child_;
    return more && take_back();
  }

  /// After again() said no: this run has ended every child, nobody else ever had one.
  [[nodiscard]] bool ended_all() const noexcept { return ended() == group_.count; }

  /// Whether all children but this run's have been counted down: then all have ended, and the group is the caller's.
  [[nodiscard]] bool others_ended() const noexcept {
    return group_.left.load(sync::memory_order_acquire) == ended();  // E1 of the others
  }

  /// (E1) for this run.
  [[nodiscard]] bool finish() noexcept { return count_down(group_, ended()); }

  /// (L1, L2) True: the rest is the caller's to queue. The group lives: its suspended child has not been counted.
  [[nodiscard]] bool leave() noexcept {
    const bool rest_is_ours = !is_last() && take_back();
    if (ended() != 0) (void)count_down(group_, ended());
    return rest_is_ours;
  }

 private:
  [[nodiscard]] std::uint32_t ended() const noexcept { return static_cast<std::uint32_t>(child_ - first_); }
  /// The rest behind child_, where it was shown.
  [[nodiscard]] bool take_back() noexcept {
    return (place_ >= 0 && deque_->take_back(place_)) || place_ == nowhere || deque_->take_back_checked(place_);
  }

  Group& group_;
  Deque* const deque_;
  fork_place place_;  // where the rest behind child_ lies, from S1 on; nowhere: nobody but this run has it
  std::uint16_t child_;
  const std::uint16_t first_;
};

}  // namespace weir::inline v0::detail

// weir/detail/fork.hpp - fork-join of functions on a worker's own deque.                       [floor: cpu]
//
// A fork_job lives on the forking function's stack. fork() makes it stealable; take_back() gives it back to be run in
// place, or, when a thief has it, helps that thief with the job's own descendants (leapfrogging, Wagner & Calder,
// PPoPP'93) and otherwise blocks: a join never runs foreign code (D15). Forks and joins nest strictly.
// Outside a worker fork() says nowhere and the caller runs the child itself: the serial elision is always correct.
//
// The fast way is a dozen instructions in the caller: the thread's seat, one push, one look whether everybody is awake.
// What only a stolen job needs is written by its thief. seat is read anew at each step and never kept: the code may be
// inlined into a coroutine that has moved to another thread since (gcc splits coroutines before it inlines, clang 16
// and later does not move thread-local addresses across a suspension).
#pragma once

#include <weir/detail/atomic.hpp>
#include <weir/detail/fork_seat.hpp>

#include <cstdint>
#include <memory>

namespace weir::inline v0::detail {

struct fork_job {
  using run_fn = void (*)(fork_job&) noexcept;
  explicit fork_job(run_fn fn) noexcept : run{fn} {}
  fork_job(const fork_job&) = delete;
  fork_job& operator=(const fork_job&) = delete;

  run_fn run;                            ///< what a thief calls
  sync::atomic<std::uint32_t> state{0};  ///< sync/join_flag.hpp
  sync::atomic<std::uint16_t> thief{0};  ///< 1 + the slot that runs it; 0: not known yet
  bool threw = false;                    ///< thief's, read after the join
};

/// What a worker's thread shows to the code that forks functions on it.
using fork_seat = seat_for<fork_job>;

/// Null on threads that are no workers.
extern thread_local constinit fork_seat* this_fork_seat;

/// take_back() where it is not quite that simple: the last one, or a thief has it and must be waited for.
[[nodiscard]] bool take_back_slowly(fork_job& j, fork_place p) noexcept;

/// Makes j stealable; it must be taken back.
[[nodiscard]] inline fork_place fork(fork_job& j) noexcept {
  fork_seat* const seat = this_fork_seat;
  return seat == nullptr ? nowhere : seat->show(&j);
}

/// True: unrun, run it in place. False: it has been run elsewhere and has ended.
[[nodiscard]] inline bool take_back(fork_job& j, fork_place p) noexcept {
  return (p >= 0 && this_fork_seat->take_back(p)) || take_back_slowly(j, p);
}

/// True when everything this worker has forked was stolen: time to split off more.
[[nodiscard]] inline bool fork_wanted() noexcept {
  const fork_seat* const seat = this_fork_seat;
  return seat != nullptr && seat->looks_empty();
}

/// While it lives, forks on this thread run in place.
class fork_pause {
 public:
  explicit fork_pause(bool begins) noexcept {
    if (begins) this_fork_seat = nullptr;
  }
  ~fork_pause() { this_fork_seat = seat_; }
  fork_pause(const fork_pause&) = delete;
  fork_pause& operator=(const fork_pause&) = delete;

 private:
  fork_seat* const seat_ = this_fork_seat;
};

/// A child on the stack around a callable that the caller keeps alive and that does not throw.
template <class F>
class forked : public fork_job {
 public:
  explicit forked(F& fn) noexcept : fork_job{&run_stolen}, fn_{std::addressof(fn)} {}

  void start() noexcept { place_ = fork(*this); }
  /// Takes the child back if it can. True: nobody has run it, the caller may drop it. False: it has ended elsewhere.
  [[nodiscard]] bool take_back() noexcept { return detail::take_back(*this, place_); }
  /// Ends the child, in place or elsewhere.
  void finish() noexcept {
    if (take_back()) (*fn_)();
  }

 private:
  static void run_stolen(fork_job& self) noexcept { (*static_cast<forked&>(self).fn_)(); }

  F* fn_;
  fork_place place_ = nowhere;
};

}  // namespace weir::inline v0::detail

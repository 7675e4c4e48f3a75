// weir/detail/fork.hpp - fork-join of functions on a worker's own deque.                       [floor: cpu]
//
// A fork_job lives on the forking function's stack. fork() makes it stealable; join() takes it back and runs it in
// place, or, when a thief has it, helps that thief with the job's own descendants (leapfrogging, Wagner & Calder,
// PPoPP'93) and otherwise blocks: a join never runs foreign code (D15). Forks and joins nest strictly.
// Outside a worker fork() says no and the caller runs the child itself: the serial elision is always correct.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace weir::inline v0::detail {

struct fork_job {
  using run_fn = void (*)(fork_job&) noexcept;
  explicit fork_job(run_fn fn) noexcept : run{fn} {}
  fork_job(const fork_job&) = delete;
  fork_job& operator=(const fork_job&) = delete;

  run_fn run;
  std::exception_ptr error;
  std::atomic<std::uint32_t> state{0};  ///< 0 open, 1 somebody waits, 2 done   (cpu/fork.cpp)
  std::atomic<void*> thief{nullptr};    ///< the slot that runs it
};

/// True: the job is stealable and must be joined. False: run it in place.
[[nodiscard]] bool fork(fork_job& j) noexcept;

/// True: taken back unrun, run it in place. False: it has been run elsewhere and has ended.
[[nodiscard]] bool join(fork_job& j) noexcept;

/// True when everything this worker has forked was stolen: time to split off more.
[[nodiscard]] bool fork_wanted() noexcept;

/// A child on the stack around a callable that the caller keeps alive.
template <class F>
class forked : public fork_job {
 public:
  explicit forked(F& fn) noexcept : fork_job{&invoke}, fn_{std::addressof(fn)} {}

  void start() noexcept { pushed_ = fork(*this); }
  /// Takes the child back if it can. True: nobody has run it, the caller may drop it. False: it has ended elsewhere.
  [[nodiscard]] bool take_back() noexcept { return !pushed_ || join(*this); }
  /// Ends the child, in place or elsewhere. Its exception, if any, is in `error`.
  void finish() noexcept {
    if (take_back()) invoke(*this);
  }

 private:
  static void invoke(fork_job& self) noexcept {
    try {
      (*static_cast<forked&>(self).fn_)();
    } catch (...) {
      self.error = std::current_exception();
    }
  }

  F* fn_;
  bool pushed_ = false;
};

}  // namespace weir::inline v0::detail

// weir/detail/scope_watch.hpp - a grace_watch with a deadline of its own.                      [floor: coro]
//
//   deadline passes -> a queued job -> stop the scope
//   close()         -> both timers cancelled -> their completions -> quiet(): the scope may end
//
// Queued, not at once: a result that became ready at the very deadline is seen first.
#pragma once

#include <weir/detail/grace_watch.hpp>

#include <cstdint>

namespace weir::inline v0::detail {

class scope_watch : public grace_watch {
 public:
  using grace_watch::grace_watch;

  /// The id by which traces know what is stopped; 0: they do not. Before arm() and time_out().
  void traced_as(std::uint64_t id) noexcept { traced_as_ = id; }
  /// Stops the scope at `deadline`. Before its work has started; at most once.
  void arm(time_point deadline) noexcept;
  /// The deadline has passed: stops the scope, unless it is closed.
  void time_out() noexcept;
  /// Hides grace_watch::close().
  void close() noexcept;

 private:
  struct deadline_job : job {
    explicit deadline_job(scope_watch& w) noexcept : job{&deadline_passed, "deadline"}, watch{&w} {}
    scope_watch* watch;
  };

  static void deadline_completed(operation& op) noexcept;
  static outcome deadline_passed(job* j, action what) noexcept;

  bool armed_ = false;
  std::uint64_t traced_as_ = 0;
  timer deadline_{*this, &deadline_completed};
  deadline_job job_{*this};
};

}  // namespace weir::inline v0::detail

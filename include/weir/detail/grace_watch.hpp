// weir/detail/grace_watch.hpp - what was stopped must end: who does not, within a grace time, is named. [floor: coro]
//
//   stop()    asks the scope to stop -> grace time passes, work still running -> overdue(): report it, and wait on
//   close()   the work has ended -> the timer is cancelled -> its completion -> quiet(): the scope may end
//
// A scope never ends while its timer is in flight; references count it, plus one for the scope's work, plus holders.
//
// Threads     any. The timer is started at most once; closed and grace_on, whichever comes second sees the other and
//             cancels it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include <weir/detail/operation.hpp>
#include <weir/detail/scheduler.hpp>
#include <weir/detail/stop_state.hpp>

namespace weir::inline v0::detail {

/// Where nothing else is said. max: overdue work is not reported.
inline constexpr std::chrono::nanoseconds default_grace = std::chrono::seconds{1};

class grace_watch {
 public:
  using call_fn = void (*)(grace_watch&) noexcept;

  grace_watch(call_fn quiet, call_fn overdue) noexcept : quiet_{quiet}, overdue_{overdue} {}
  grace_watch(const grace_watch&) = delete;
  grace_watch& operator=(const grace_watch&) = delete;

  /// Begins, with one reference: the scope's work.
  void open(scheduler& sched, stop_state& scope, std::chrono::nanoseconds grace) noexcept;
  /// Stops the scope now and begins the grace time, if it has not been stopped before. Requires  a reference is held.
  void stop(stop_reason why) noexcept;
  /// As stop(), for work that mostly ends at once: the timer is started only if a job, queued on `where` before the
  /// request, still finds the work running. Saves the way to the reactor and back.
  void stop_soon(stop_reason why, home where) noexcept;
  /// The scope's work has ended. quiet() follows, perhaps from within.
  void close() noexcept {
    begin_close();
    release();
  }

  void hold() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }  // orders nothing: one is held already
  void release() noexcept;

  // acquire: pairs with close(); the end of the work is visible.
  [[nodiscard]] bool closed() const noexcept { return (flags_.load(std::memory_order_acquire) & closed_bit) != 0; }
  [[nodiscard]] scheduler& sched() const noexcept { return *sched_; }

 protected:
  struct timer : operation {
    timer(grace_watch& w, complete_fn fn) noexcept : operation{kind::sleep, fn}, watch{&w} {}
    grace_watch* watch;
  };
  /// close() without its release().
  void begin_close() noexcept;

 private:
  enum flag : std::uint8_t { closed_bit = 1, grace_on = 2 };
  struct look_job : job {
    explicit look_job(grace_watch& w) noexcept : job{&look, "grace"}, watch{&w} {}
    grace_watch* watch;
  };

  void start_grace() noexcept;
  static outcome look(job* j, action what) noexcept;
  static void grace_completed(operation& op) noexcept;

  call_fn quiet_;
  call_fn overdue_;
  scheduler* sched_ = nullptr;
  stop_state* scope_ = nullptr;
  std::chrono::nanoseconds grace_time_{};
  std::atomic<std::uint8_t> flags_{0};
  std::atomic<std::uint32_t> references_{0};
  timer grace_{*this, &grace_completed};
  look_job look_{*this};
};

}  // namespace weir::inline v0::detail

// weir/detail/alarm.hpp - a sleep that others may end early.                                         [floor: flow]
//
//   sleeper    seen = a.rings(); look at what the time depends on; co_await a.sleep_until(time, seen)
//   changer    change it; a.ring()
//
// Invariants  A1  a ring() after the look ends the sleep, or it does not begin
//             A2  the sleeper's frame stays while a ring() is at it: its end waits for that (a few instructions)
// One sleeper at a time. Allocates nothing.
#pragma once

#include <cstdint>

#include <weir/detail/request.hpp>
#include <weir/detail/spin_lock.hpp>
#include <weir/timer.hpp>

namespace weir::inline v0::detail {

class alarm {
 public:
  /// Any thread.
  void ring() noexcept;
  [[nodiscard]] std::uint64_t rings() const noexcept;

  class sleeping : private sleep_awaiter {
   public:
    using weir_awaitable = void;
    sleeping(alarm* of, time_point until, std::uint64_t seen) noexcept : sleep_awaiter{until}, of_{*of}, seen_{seen} {}
    using sleep_awaiter::await_ready;
    template <task_promise P>
    void await_suspend(std::coroutine_handle<P> h) noexcept {
      begin(h.promise());
    }
    /// Errors  operation_cancelled
    void await_resume();

   private:
    friend class alarm;
    void begin(promise_base& task) noexcept;

    alarm& of_;
    const std::uint64_t seen_;
    promise_base* task_ = nullptr;
    bool sleeps_ = false;
  };
  /// Goes on at `until`, or at the first ring() after rings() was `seen`.
  [[nodiscard]] auto sleep_until(time_point until, std::uint64_t seen) noexcept {
    return request<sleeping, alarm*, time_point, std::uint64_t>{this, until, seen};
  }

 private:
  void leave(const sleeping& s) noexcept;

  mutable spin_lock lock_;  ///< protects everything below
  std::uint64_t rings_ = 0;
  sleeping* sleeper_ = nullptr;
  unsigned ringing_ = 0;  ///< ring() calls that are at the sleeper
};

}  // namespace weir::inline v0::detail

// weir/detail/delayed.hpp - a job that is submitted when its time has come, once or again and again. [floor: job]
//
//   armed (timer runs) -> due (handed to its target) -> running -> armed again, or ending (the callable is destroyed)
//                                                                  -> ended
//
// The object is the job, the timer and the callable in one pooled block; shared by its handle and, from start() to its
// end, by itself. Time comes from the runtime's clock through the scheduler. Transitions take a short lock: a timer is
// not a hot path.
// Shutdown    close() prevents what has not been handed in: an armed job, and all later runs of a periodic one. What
//             its target has taken is work like any other: a drain runs it, a discard cancels it.
#pragma once

#include <weir/detail/callable_name.hpp>
#include <weir/detail/executor_core.hpp>
#include <weir/detail/pool_allocator.hpp>
#include <weir/detail/scheduler.hpp>
#include <weir/error.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace weir::inline v0 {

namespace detail {

class delayed_set;

class delayed : public job, public std::enable_shared_from_this<delayed> {
 public:
  explicit delayed(std::chrono::nanoseconds delay, std::chrono::nanoseconds period) noexcept
      : job{&act_on, "delayed"}, delay_{delay}, period_{period} {}
  delayed(const delayed&) = delete;
  delayed& operator=(const delayed&) = delete;

  /// No further run starts. True: this call prevented one. Any thread; also from inside the job.
  bool cancel() noexcept;
  /// The runtime is shutting down: no further run is handed in. True: this call prevented one.
  bool close() noexcept;
  [[nodiscard]] bool ended() const;
  [[nodiscard]] std::uint64_t runs() const;
  [[nodiscard]] std::uint64_t skipped() const;

  /// Before start(): a stop that has been requested when the time comes ends it, unrun.
  void stop_with(std::stop_token stop) noexcept { stop_ = std::move(stop); }

  // The runtime's side.
  void start(scheduler& clock, due_target& on, delayed_set& set);

 protected:
  virtual ~delayed() = default;

 private:
  friend class delayed_set;
  enum class phase : unsigned { fresh, armed, due, running, ending, ended };
  struct alarm : operation {
    explicit alarm(delayed& d) noexcept : operation{kind::sleep, &fired}, owner{d} {}
    delayed& owner;
  };

  virtual void call() = 0;
  /// Destroys the callable: no call() comes any more.
  virtual void drop() noexcept = 0;
  static outcome act_on(job* j, action what) noexcept;
  static void fired(operation& op) noexcept;
  outcome run() noexcept;
  [[nodiscard]] bool is_periodic() const noexcept { return period_ != period_.zero(); }
  void arm(std::unique_lock<std::mutex>& lock) noexcept;
  void end(std::unique_lock<std::mutex>& lock) noexcept;

  mutable std::mutex mutex_;
  phase phase_ = phase::fresh;
  bool cancel_asked_ = false;  // no run starts
  bool closed_ = false;        // no run is handed in
  std::uint64_t runs_ = 0, skipped_ = 0;
  const std::chrono::nanoseconds delay_, period_;
  std::stop_token stop_;
  time_point when_{};
  std::optional<alarm> alarm_;
  std::shared_ptr<delayed> self_;  // from start() to end()
  scheduler* clock_ = nullptr;
  due_target* on_ = nullptr;
  std::shared_ptr<const void> on_lives_;
  delayed_set* set_ = nullptr;
  delayed* next_in_set_ = nullptr;
  delayed* prev_in_set_ = nullptr;
};

}  // namespace detail

/// The handle of a delayed or periodic job. Copyable; dropping it changes nothing. May outlive the runtime.
class delayed_job {
 public:
  delayed_job() noexcept = default;
  explicit delayed_job(std::shared_ptr<detail::delayed> d) noexcept : job_{std::move(d)} {}

  /// No further run starts. True: this call prevented at least one. Does not wait for a run that is under way.
  bool cancel() noexcept { return job_ != nullptr && job_->cancel(); }
  /// True when no run will start any more, none is under way, and the callable is gone.
  [[nodiscard]] bool ended() const { return job_ == nullptr || job_->ended(); }
  /// How often it has run.
  [[nodiscard]] std::uint64_t runs() const { return job_ == nullptr ? 0 : job_->runs(); }
  /// Periods that were missed because a run, or the queue, took longer.
  [[nodiscard]] std::uint64_t skipped() const { return job_ == nullptr ? 0 : job_->skipped(); }

 private:
  std::shared_ptr<detail::delayed> job_;
};

namespace detail {

template <class F>
class delayed_call : public delayed {
 public:
  template <class G>
  delayed_call(std::chrono::nanoseconds delay, std::chrono::nanoseconds period, G&& fn)
      : delayed{delay, period}, fn_{std::forward<G>(fn)} {}

 private:
  void call() override { static_cast<void>(std::invoke(*fn_)); }
  void drop() noexcept override { fn_.reset(); }
  std::optional<F> fn_;
};

template <class F>
std::shared_ptr<delayed> make_delayed(std::chrono::nanoseconds delay, std::chrono::nanoseconds period, F&& fn) {
  using node = delayed_call<std::decay_t<F>>;
  auto made = std::allocate_shared<node>(pool_allocator<node>{}, delay, period, std::forward<F>(fn));
  made->name = callable_name<F>("delayed");
  return made;
}

}  // namespace detail
}  // namespace weir::inline v0

// weir/detail/callback_state.hpp - the one result of a callback, and the task that waits for it.    [floor: flow]
//
// A completion (completion.hpp) that nobody can run: whoever claims it gives the result; the claimants are the calls of
// the callback, the end of the last one who could call it, and the stop request of the task. Included by callback.hpp.
#pragma once

#include <coroutine>
#include <exception>
#include <source_location>
#include <utility>

#include <weir/detail/completion.hpp>
#include <weir/detail/end_count.hpp>
#include <weir/detail/future_awaiter.hpp>
#include <weir/detail/promise.hpp>
#include <weir/detail/shared_state.hpp>
#include <weir/detail/stop_state.hpp>
#include <weir/error.hpp>

namespace weir::inline v0 {

/// The callback of from_callback() went away without having been called.
class broken_completion : public broken_promise {
 public:
  using broken_promise::broken_promise;
};

template <class T>
class completion;

namespace detail {

/// Who waits for a callback, as its author wrote it down.
struct callback_site {
  const char* name;  ///< static
  std::source_location where;
};

[[nodiscard]] std::exception_ptr broken_callback(const callback_site& site) noexcept;
/// Counts and reports it. after_stop: the task had been stopped; otherwise there was a result already.
void report_late_callback(const callback_site& site, bool after_stop) noexcept;
/// The same for a completion that has no task any more. Always false.
bool completion_moved_from() noexcept;

template <class T>
class callback_state final : public shared_state<T> {
 public:
  explicit callback_state(const callback_site& site) noexcept : shared_state<T>{table, 1}, site_{site} {}

  /// Each of these: false, counted and reported, unless it gave the result. The caller holds a reference.
  template <class Make>
  bool give(Make&& make) noexcept {
    if (!this->claim()) return late();
    try {
      this->produce(std::forward<Make>(make));
    } catch (...) {
      this->set_error(std::current_exception());
    }
    this->finish();
    return true;
  }
  bool fail(std::exception_ptr error) noexcept {
    if (!this->claim()) return late();
    this->set_error(error ? std::move(error) : broken_callback(site_));
    this->finish();
    return true;
  }

  /// The completion has gone, or start() has returned: after both, nobody can call any more. So what start() throws is
  /// the result, although its completion went first.
  void drop() noexcept {
    if (!callers_.drop() || !this->claim()) return;
    this->set_error(broken_callback(site_));
    this->finish();
  }
  /// The task was stopped.
  void stop() noexcept {
    if (!this->claim()) return;
    this->set_content(completion::content::cancelled);
    this->finish();
  }

 private:
  bool late() const noexcept {
    report_late_callback(site_, this->ready() && this->what() == completion::content::cancelled);
    return false;
  }
  static void destroy(completion& c) noexcept { destroy_node(static_cast<callback_state*>(&c)); }
  static constexpr completion::operations table{nullptr, nullptr, &destroy};

  const callback_site site_;
  end_count callers_{2};
};

/// A reference that can be carried through a void*.
template <class T>
class callback_ref : public completion_ref<callback_state<T>> {
  using base = completion_ref<callback_state<T>>;

 public:
  using base::base;
  [[nodiscard]] void* release() && noexcept {
    if (!*this) return nullptr;
    callback_state<T>& state = **this;
    state.retain();  // for the void*, when this one goes
    return &state;
  }
  [[nodiscard]] static callback_ref adopt(callback_state<T>* state) noexcept { return callback_ref{state}; }
};

/// Starts the operation once the task has suspended, then lists the task as the result's only waiter: until then it
/// cannot be resumed, so start() may complete it in place, or from another thread before it returns.
template <class T, class F>
class callback_awaiter : private completion_waiter, private stop_node {
 public:
  using weir_awaitable = void;
  callback_awaiter(F&& start, const callback_site& site) noexcept(std::is_nothrow_move_constructible_v<F>)
      : completion_waiter{&on_result}, stop_node{&on_stop}, start_(std::move(start)), site_{site} {}

  bool await_ready() const noexcept { return false; }
  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> h) {
    task_ = &h.promise();
    task_->about_to_wait();
    task_->trace_wait(wait_cause::callback, this);
    state_ = callback_ref<T>{make_node<callback_state<T>>(site_)};
    if (task_->env.stop != nullptr && !task_->env.stop->add(*this))
      state_->stop();
    else
      run();
    if (!state_->enlist(*this)) task_->wake();  // there already; posted all the same (B2)
  }
  T await_resume() {
    if (task_->env.stop != nullptr) task_->env.stop->remove(*this);
    return take_value<T>(*state_);
  }

 private:
  void run() noexcept {
    try {
      std::move(start_)(weir::completion<T>{state_});
    } catch (...) {
      static_cast<void>(state_->fail(std::current_exception()));
    }
    state_->drop();
  }
  static void on_result(completion_waiter& w) noexcept { static_cast<callback_awaiter&>(w).task_->wake(); }
  static void on_stop(stop_node& n) noexcept { static_cast<callback_awaiter&>(n).state_->stop(); }

  F start_;
  const callback_site site_;
  promise_base* task_ = nullptr;
  callback_ref<T> state_;
};

template <class T, class F>
class [[nodiscard]] callback_request {
 public:
  using weir_awaitable = void;
  callback_request(F start, const char* name, std::source_location where)
      : start_(std::move(start)), site_{name, where} {}
  callback_awaiter<T, F> operator co_await() && { return {std::move(start_), site_}; }

 private:
  F start_;
  callback_site site_;
};

}  // namespace detail
}  // namespace weir::inline v0

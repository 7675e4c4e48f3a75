// weir/detail/abandonable.hpp - a blocking call that its task may leave behind.               [floor: coro]
//
//   awaiter --owns--> node (call, arguments, result) --line--> blocking thread
//   a stop:   in line: taken out, the node goes with the awaiter
//             running: the node is the thread's from now on, and the task goes on
//
// Invariants  A1  the node has one owner: the awaiter, unless a stop has taken task_ away; then the thread
//                 that runs it, or is about to
//             A2  who takes task_ away under the lock, the end of the call or a stop, wakes the task, once
#pragma once

#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include <weir/detail/blocking_job.hpp>
#include <weir/detail/pool.hpp>
#include <weir/detail/promise.hpp>
#include <weir/detail/result_slot.hpp>
#include <weir/detail/spin_lock.hpp>
#include <weir/detail/stop_state.hpp>

namespace weir::inline v0 {

/// For blocking(): see there.
struct abandon_ok_t {
  explicit abandon_ok_t() = default;
};
inline constexpr abandon_ok_t abandon_ok{};

namespace detail {

/// The part that does not know the callable.
class abandonable_call : public blocking_job {
 public:
  abandonable_call(const abandonable_call&) = delete;
  abandonable_call& operator=(const abandonable_call&) = delete;
  virtual ~abandonable_call() = default;
  static void* operator new(std::size_t size) { return pool_allocate(size); }
  static void operator delete(void* node, std::size_t size) noexcept { pool_release(node, size); }

 protected:
  abandonable_call() noexcept : blocking_job{&act_call} {}

 private:
  friend class abandonable_wait;
  virtual void call() = 0;
  static outcome act_call(job* j, action what) noexcept;
  [[nodiscard]] bool begins() noexcept;
  void run() noexcept;

  scheduler* sched_ = nullptr;
  const char* task_name_ = "";
  std::exception_ptr error_;
  spin_lock lock_;                ///< protects task_ and running_
  promise_base* task_ = nullptr;  ///< null: abandoned, or ended
  bool running_ = false;
};

class abandonable_wait : private stop_node {
 public:
  using weir_awaitable = void;
  bool await_ready() const noexcept { return false; }
  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> h) noexcept {
    begin(h.promise());
  }

 protected:
  abandonable_wait(scheduler* on, std::unique_ptr<abandonable_call> node) noexcept
      : stop_node{&on_stop}, sched_{on}, node_{std::move(node)} {}
  /// Requires  other has not been awaited.
  abandonable_wait(abandonable_wait&& other) noexcept : abandonable_wait{other.sched_, std::move(other.node_)} {}
  ~abandonable_wait() = default;

  /// The ended call. Errors  what it threw; operation_cancelled
  abandonable_call& finish();

 private:
  void begin(promise_base& task) noexcept;
  static void on_stop(stop_node& node) noexcept;

  scheduler* sched_;  ///< null: the awaiting task's own
  std::unique_ptr<abandonable_call> node_;
  promise_base* task_ = nullptr;
  bool watched_ = false, cancelled_ = false;
};

template <class F, class... Args>
class abandonable_awaiter : public abandonable_wait {
  using result = std::invoke_result_t<F, Args...>;
  static_assert(!requires(result r) { std::move(r).take_frame(); }, "the callable returns a task");
  static_assert(!std::is_reference_v<result>, "an abandoned call's result has no owner: return a value");

  struct node final : abandonable_call {
    template <class G, class... As>
    explicit node(G&& f, As&&... args) : fn(std::forward<G>(f)), given(std::forward<As>(args)...) {}
    void call() override {
      set_from(slot, [this]() -> result { return std::apply(std::move(fn), std::move(given)); });
    }
    F fn;
    std::tuple<Args...> given;
    result_slot<result> slot;
  };
  static_assert(alignof(node) <= 16, "more than the pool's alignment");

 public:
  template <class G, class... As>
  explicit abandonable_awaiter(scheduler* on, G&& f, As&&... args)
      : abandonable_wait{on, std::make_unique<node>(std::forward<G>(f), std::forward<As>(args)...)} {}
  abandonable_awaiter(abandonable_awaiter&& other) noexcept = default;

  result await_resume() { return static_cast<node&>(finish()).slot.take(); }
};

}  // namespace detail
}  // namespace weir::inline v0

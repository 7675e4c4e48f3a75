// weir/detail/submitted.hpp - a job with a future: queue node, result and callable in one block. [floor: job]
//
// Two references from the start: the queue's, dropped by act(), and the future's. The callable is destroyed before
// the result is published, so what it captured is gone when get() returns.
// Hook: who else must know when a job ends without leaving its queue through act(): a waiter runs it in place, its
// future cancels it. The engine need not (its places may go empty); a thread_pool takes the job out of its list.
#pragma once

#include <weir/detail/callable_name.hpp>
#include <weir/detail/shared_state.hpp>
#include <weir/error.hpp>

#include <functional>
#include <tuple>

namespace weir::inline v0 {

template <class T>
class future;

namespace detail {

/// The engine's: the waiter counts, the place in the queue stays behind.
struct no_hook {
  static constexpr bool counts = false;
  /// Before the job runs in place, or ends as cancelled. True: it was taken out of its queue, act() will not come.
  bool begin_in_place() noexcept { return false; }
  bool cancel_in_place() noexcept { return false; }
  /// After it has run in place. Called only if `counts`; then nobody else counts it.
  void end_in_place(outcome) noexcept {}
};

template <class Hook, class R, class F, class... A>
class submitted final : public job, public shared_state<R>, public Hook {
 public:
  template <class Fn, class... Args>
  explicit submitted(std::in_place_t, Fn&& fn, Args&&... args)
      : job{&act_on, callable_name<F>()},
        shared_state<R>{table, 2},
        call_{std::forward<Fn>(fn), std::forward<Args>(args)...} {}
  ~submitted() {}  // whoever won the claim has destroyed call_: a job ends before its last reference goes

 private:
  static outcome act_on(job* j, action what) noexcept {
    auto& self = static_cast<submitted&>(*j);
    outcome how;
    if (!self.claim())
      how = self.lost();
    else if (what == action::run)
      how = self.execute();
    else
      how = (self.abandon(), self.finish(), outcome::cancelled);
    self.release();
    return how;
  }

  outcome execute() noexcept {
    outcome how = outcome::ok;
    try {
      this->produce([this]() -> R { return std::apply(invoke, std::move(call_)); });
    } catch (const operation_cancelled&) {  // asked to stop, and did: no failure
      this->set_error(std::current_exception(), false);
      how = outcome::cancelled;
    } catch (...) {
      this->set_error(std::current_exception());
      how = outcome::failed;
    }
    std::destroy_at(std::addressof(call_));
    this->finish();
    return how;
  }

  void abandon() noexcept {
    std::destroy_at(std::addressof(call_));
    this->set_content(completion::content::cancelled);
  }

  // The two ways past the queue; the caller holds the future's reference.
  static outcome execute_in_place(completion& c) noexcept {
    auto& self = static_cast<submitted&>(c);
    if (self.begin_in_place()) self.release();  // the queue's
    const outcome how = self.execute();
    if constexpr (!Hook::counts) return how;
    self.end_in_place(how);
    return outcome::internal;
  }
  static void abandon_in_place(completion& c) noexcept {
    auto& self = static_cast<submitted&>(c);
    if (self.cancel_in_place()) self.release();
    self.abandon();
  }

  static void destroy(completion& c) noexcept { destroy_node(static_cast<submitted*>(&c)); }

  static R invoke(F&& fn, A&&... args) { return std::invoke(std::move(fn), std::move(args)...); }

  static constexpr completion::operations table{&execute_in_place, &abandon_in_place, &destroy};

  union {
    std::tuple<F, A...> call_;
  };
};

/// The node and the future of f(args...): one pooled allocation, strong guarantee.
template <class Hook, class F, class... A>
[[nodiscard]] auto make_hooked(F&& f, A&&... args) {
  using result = std::invoke_result_t<std::decay_t<F>, std::decay_t<A>...>;
  using node = submitted<Hook, result, std::decay_t<F>, std::decay_t<A>...>;
  node* made = make_node<node>(std::in_place, std::forward<F>(f), std::forward<A>(args)...);
  return std::pair<node*, future<result>>{made, future<result>{completion_ref<shared_state<result>>{made}}};
}

/// A job that runs f(args...) and the future of its result: one pooled allocation, strong guarantee.
/// The job must be acted on exactly once, or never enqueued and then ended with act(cancel).
template <class F, class... A>
[[nodiscard]] auto make_submitted(F&& f, A&&... args)
    -> std::pair<job*, future<std::invoke_result_t<std::decay_t<F>, std::decay_t<A>...>>> {
  return make_hooked<no_hook>(std::forward<F>(f), std::forward<A>(args)...);
}

}  // namespace detail
}  // namespace weir::inline v0

#include <weir/future.hpp>  // IWYU pragma: export

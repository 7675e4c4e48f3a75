// weir/detail/submitted.hpp - a job with a future: queue node, result and callable in one block. [floor: job]
//
// Two references from the start: the queue's, dropped by act(), and the future's. The callable is destroyed before
// the result is published, so what it captured is gone when get() returns.
#pragma once

#include <weir/detail/shared_state.hpp>
#include <weir/error.hpp>

#include <functional>
#include <tuple>

namespace weir::inline v0 {

template <class T>
class future;

namespace detail {

template <class R, class F, class... A>
class submitted final : public job, public shared_state<R> {
 public:
  template <class Fn, class... Args>
  explicit submitted(std::in_place_t, Fn&& fn, Args&&... args)
      : job{&act_on}, shared_state<R>{table, 2}, call_{std::forward<Fn>(fn), std::forward<Args>(args)...} {}
  ~submitted() {}  // whoever won the claim has destroyed call_: a job ends before its last reference goes

 private:
  static outcome act_on(job* j, action what) noexcept {
    auto& self = static_cast<submitted&>(*j);
    outcome how;
    if (!self.claim())
      how = self.lost();
    else if (what == action::run)
      how = execute(self);
    else
      how = (abandon(self), self.finish(), outcome::cancelled);
    self.release();
    return how;
  }

  static outcome execute(completion& c) noexcept {
    auto& self = static_cast<submitted&>(c);
    outcome how = outcome::ok;
    try {
      self.produce([&self]() -> R { return std::apply(invoke, std::move(self.call_)); });
    } catch (const operation_cancelled&) {  // asked to stop, and did: no failure
      self.set_error(std::current_exception(), false);
      how = outcome::cancelled;
    } catch (...) {
      self.set_error(std::current_exception());
      how = outcome::failed;
    }
    std::destroy_at(std::addressof(self.call_));
    self.finish();
    return how;
  }

  // Ends the job unrun; the caller finishes.
  static void abandon(completion& c) noexcept {
    auto& self = static_cast<submitted&>(c);
    std::destroy_at(std::addressof(self.call_));
    self.set_content(completion::content::cancelled);
  }

  static void destroy(completion& c) noexcept { destroy_node(static_cast<submitted*>(&c)); }

  static R invoke(F&& fn, A&&... args) { return std::invoke(std::move(fn), std::move(args)...); }

  static constexpr completion::operations table{&execute, &abandon, &destroy};

  union {
    std::tuple<F, A...> call_;
  };
};

/// A job that runs f(args...) and the future of its result: one pooled allocation, strong guarantee.
/// The job must be acted on exactly once, or never enqueued and then ended with act(cancel).
template <class F, class... A>
[[nodiscard]] auto make_submitted(F&& f, A&&... args)
    -> std::pair<job*, future<std::invoke_result_t<std::decay_t<F>, std::decay_t<A>...>>> {
  using result = std::invoke_result_t<std::decay_t<F>, std::decay_t<A>...>;
  using node = submitted<result, std::decay_t<F>, std::decay_t<A>...>;
  node* made = make_node<node>(std::in_place, std::forward<F>(f), std::forward<A>(args)...);
  return {made, future<result>{completion_ref<shared_state<result>>{made}}};
}

}  // namespace detail
}  // namespace weir::inline v0

#include <weir/future.hpp>  // IWYU pragma: export

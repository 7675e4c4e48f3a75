// weir/detail/with_group.hpp - with_group: a task_group around a function.                     [floor: coro]
// Included by task_group.hpp.
#pragma once

#include <weir/detail/task_trace.hpp>
#include <weir/task_group.hpp>

namespace weir::inline v0 {

/// The group, the function with its arguments (a coroutine lambda's captures live in the lambda), and its task, in the
/// awaiting frame. The function's task runs inside the group's scope; its end begins the join.
template <class T, class F, class... Args>
class with_group_awaiter : private detail::task_owner {
 public:
  using weir_awaitable = void;
  with_group_awaiter(const group_options& options, F&& f, std::tuple<Args...>&& args)
      : task_owner{&body_done}, group_{options}, f_(std::move(f)), args_(std::move(args)), body_{call()} {}
  with_group_awaiter(const with_group_awaiter&) = delete;
  with_group_awaiter& operator=(const with_group_awaiter&) = delete;

  bool await_ready() const noexcept { return false; }
  template <detail::task_promise P>
  void await_suspend(std::coroutine_handle<P> h) noexcept {
    parent_ = awaiting = &h.promise();
    group_.opener_ = parent_;
    group_.open(parent_->env);
    auto inside = parent_->env;
    inside.stop = &group_.scope_;
    body_.promise().start_for(*this, inside);
    detail::trace_spawn(body_.promise(), parent_, &group_);
    parent_->trace_wait(detail::wait_cause::group, &group_);
    body_.promise().trace_goes_on();
    detail::resume_next(body_.promise().self);
  }
  T await_resume() {
    group_.rethrow_failure();
    return body_.promise().take();
  }

 private:
  detail::task_frame<T> call() {
    return std::apply([this](auto&... as) { return std::invoke(f_, group_, std::move(as)...); }, args_).take_frame();
  }
  static void body_done(task_owner& self, detail::promise_base& body) noexcept {
    auto& me = static_cast<with_group_awaiter&>(self);
    detail::trace_end(body);
    if (body.error) me.group_.record(body.error, detail::outcome_of(body.error), true);
    me.group_.join_for(*me.parent_);
  }

  task_group group_;
  F f_;
  std::tuple<Args...> args_;
  detail::task_frame<T> body_;
  detail::promise_base* parent_ = nullptr;
};

/// What with_group returns: await it, once.
template <class T, class F, class... Args>
class [[nodiscard]] with_group_request {
 public:
  using weir_awaitable = void;
  template <class G, class... As>
  with_group_request(const group_options& options, std::in_place_t, G&& f, As&&... args)
      : options_{options}, f_(std::forward<G>(f)), args_(std::forward<As>(args)...) {}
  with_group_awaiter<T, F, Args...> operator co_await() && {
    return with_group_awaiter<T, F, Args...>{options_, std::move(f_), std::move(args_)};
  }

 private:
  group_options options_;
  F f_;
  std::tuple<Args...> args_;
};

/// Opens a group, runs fn(group, args...), waits for every child on every path, gives fn's result.
/// Requires  fn returns a task<T>.
/// Errors    the first failure of fn or a child; operation_timed_out at the group's deadline; operation_cancelled if fn
///           was cancelled, or children were by a stop from outside. Results win: what ended in time is not thrown
///           away.
/// Lifetimes fn's locals are gone before the join: they end at its co_return, and children may run on. fn itself (a
///           lambda's captures) and its parameters, into which args are moved, outlive the children. So a child may
///           refer to those, not to locals; what only it needs is given to it, by value.
/// gcc 12    name a lambda with captures before the co_await expression, or pass what it needs as args.
template <class F, class... Args>
auto with_group(const group_options& options, F&& fn, Args&&... args) {
  using body = std::invoke_result_t<std::decay_t<F>&, task_group&, std::decay_t<Args>...>;
  static_assert(detail::is_task<body>, "with_group: the function must return a weir::task");
  return with_group_request<typename body::value_type, std::decay_t<F>, std::decay_t<Args>...>{
      options, std::in_place, std::forward<F>(fn), std::forward<Args>(args)...};
}

}  // namespace weir::inline v0

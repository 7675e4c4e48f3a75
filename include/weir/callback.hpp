// weir/callback.hpp - between callbacks and tasks: from_callback, to_callback.                    [floor: flow]
//
//   row r = co_await from_callback<row>([&](completion<row> done) {          // a callback becomes an await
//     db.query(sql, [done = std::move(done)](int err, row v) {
//       err ? done.fail(db_error{err}) : done.complete(std::move(v));
//     });
//   });
//   to_callback(rt.io(), fetch(id), [](std::exception_ptr error, page* got) { ... });   // and the other way
//
//   start(completion) --any thread--> complete | fail | dropped --claim: one wins--> posted to the task's home
//                                     stop request of the task ---^
//
// Invariants  B1  the task gets exactly one result, whoever calls how often, from wherever: the first to claim it. The
//                 others change nothing, are told so (false), counted (late_callbacks()) and reported (late_callback)
//             B2  nothing runs inside the caller of complete(): the task is posted, also when start() itself called it,
//                 so that hits and misses of a cache go on in the same order
//             B3  a completion that goes away unused is a result: broken_completion. Neither value nor error:
//             impossible
// Stops       A stop is one more claimant. What was given before it is delivered; after it the completion is a dead
//             letter that may be used and dropped at any time. The foreign operation goes on: whatever it uses must be
//             owned by its callback, not by the frame that awaits; wanted() tells it that nobody waits any more.
// Allocates   one pooled node per from_callback(), nothing when it completes (an error's exception aside).
#pragma once

#include <concepts>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include <weir/detail/callback_state.hpp>
#include <weir/error.hpp>
#include <weir/place.hpp>
#include <weir/spawn.hpp>
#include <weir/task.hpp>

namespace weir::inline v0 {

/// How many results of callbacks came too late or twice so far in this process.
[[nodiscard]] std::uint64_t late_callbacks() noexcept;

/// The right to give one result. Move-only. Every function but moving and destroying it: any thread, several at once,
/// any number of times; none of them waits or runs the task.
template <class T>
class completion {
 public:
  completion(completion&&) noexcept = default;
  completion& operator=(completion&& other) noexcept {
    completion{std::move(other)}.swap(*this);
    return *this;
  }
  /// Unused: the task gets broken_completion.
  ~completion() {
    if (state_) state_->drop();
  }

  /// Gives the value, made in place from args (void: none). What making it throws is the result instead.
  /// True: this was the result. False: there was one already, or the task was stopped; counted and reported.
  template <class... Args>
  bool complete(Args&&... args) const noexcept {
    static_assert(std::is_void_v<T> ? sizeof...(Args) == 0 : std::is_constructible_v<T, Args...>,
                  "completion::complete: the result cannot be made from these arguments");
    const reference mine = state_;  // once the result is there, this completion may be destroyed
    return mine ? mine->give([&]() -> T { return T(std::forward<Args>(args)...); }) : detail::completion_moved_from();
  }

  /// Gives an error. Null counts as broken_completion. Result as complete().
  bool fail(std::exception_ptr error) const noexcept {
    const reference mine = state_;
    return mine ? mine->fail(std::move(error)) : detail::completion_moved_from();
  }
  template <std::derived_from<std::exception> E>
  bool fail(E error) const noexcept {
    return fail(std::make_exception_ptr(std::move(error)));
  }

  /// False: there is a result already, or the task was stopped; the operation may as well end.
  [[nodiscard]] bool wanted() const noexcept { return state_ && !state_->ready(); }

  /// For libraries that keep a void*: the completion leaves this object until adopt() takes it up, once.
  [[nodiscard]] void* release() noexcept { return std::exchange(state_, {}).release(); }
  [[nodiscard]] static completion adopt(void* released) noexcept {
    return completion{reference::adopt(static_cast<detail::callback_state<T>*>(released))};
  }

  void swap(completion& other) noexcept { std::swap(state_, other.state_); }

 private:
  using reference = detail::callback_ref<T>;
  template <class R, class F>
  friend class detail::callback_awaiter;
  explicit completion(reference state) noexcept : state_{std::move(state)} {}

  reference state_;
};

/// `co_await from_callback<T>(start)`: calls start(completion<T>), once, on the awaiting task's thread, then waits for
/// the completion to be used. What start throws is a result like any other. `name` is static, for reports.
/// Errors   what fail() was given; what start or making the value throws; broken_completion; operation_cancelled
///          (a stop requested before: start is not called)
template <class T, class F>
  requires std::invocable<F, completion<T>>
[[nodiscard]] auto from_callback(F start, const char* name = "callback",
                                 std::source_location site = std::source_location::current()) {
  return detail::callback_request<T, F>{std::move(start), name, site};
}

namespace detail {

template <class T, class F>
task<> call_back(task<T> work, F callback, const char* name) {
  std::exception_ptr error;
  std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> value;
  try {
    if constexpr (std::is_void_v<T>)
      co_await std::move(work);
    else
      value.emplace(co_await std::move(work));
  } catch (...) {
    error = std::current_exception();
  }
  try {
    if constexpr (std::is_void_v<T>)
      callback(std::move(error));
    else
      callback(std::move(error), value ? std::addressof(*value) : nullptr);
  } catch (...) {
    report_unhandled(name, std::current_exception());
  }
}

template <class F, class T>
concept callback_for = (std::is_void_v<T> && std::invocable<F&, std::exception_ptr>) ||
                       (!std::is_void_v<T> && std::invocable<F&, std::exception_ptr, std::add_pointer_t<T>>);

}  // namespace detail

/// Runs a task on `there` and tells a callback how it ended: callback(error, value*), one of them null; for a
/// task<void> callback(error). Exactly once, on a thread of `there`, never inside to_callback. What the callback throws
/// is reported (unhandled_exception); it is not called again. `name` is static, for traces and reports.
/// Errors   runtime_closed, std::invalid_argument (moved-from task): the callback is not called
/// Stops    a runtime that shuts down stops the task: the callback gets operation_cancelled
template <class T, detail::callback_for<T> F>
void to_callback(place there, task<T> work, F callback, const char* name = "callback") {
  static_cast<void>(spawn(there, detail::call_back<T, F>(std::move(work), std::move(callback), name), name));
}

}  // namespace weir::inline v0

// weir/detail/stage.hpp - what a stream is made of: stages that are polled, and their drivers.     [floor: flow]
//
// A stage is a type with
//   using item                    what it emits: a value, or a reference that is good until the emit call returns
//   static constexpr drivers      how many tasks it and the stages before it need beside the consumer's
//   flow poll(emit)               calls emit(item) -> bool for what is there now, until emit says false; never waits.
//                                 After that nothing is emitted in this poll, and the answer is `more`
//   ready()                       an awaitable, wanted only after `idle`: when it completes, poll() gets further
//   task<> start(task_group&)     spawns the drivers; called once, before the first poll, only if drivers != 0
//   void list(listing&)           says what it is and holds (listed_stage.hpp), from any thread while it runs
// `ended` is final: polled again, a stage says it again. A failure is an exception out of poll(), ready(), or a driver.
//
// So synchronous stages compose into one function without a coroutine among them (poll calls poll with a longer emit),
// and what waits waits in one place. A stage with drivers cuts the chain in two: a task of the sink's group polls what
// is before it, the consumer polls what it hands over. One task at a time polls a stage.
// Stages move while a pipeline is built, and stay where they are from start() or the first poll on.
#pragma once

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include <weir/detail/listed_stage.hpp>
#include <weir/detail/promise.hpp>
#include <weir/task.hpp>
#include <weir/task_group.hpp>
#include <weir/this_task.hpp>

namespace weir::inline v0::detail {

/// more: there may be more at once (emit said false, or it is time to let others run).
enum class flow : unsigned { more, idle, ended };

/// Items that a source emits before it says `more`, so that a consumer that takes everything looks at its stop.
inline constexpr std::size_t emits_per_poll = 4096;

template <class S>
using item_of = typename S::item;
template <class S>
using value_of = std::remove_cvref_t<typename S::item>;

struct never_idle {
  using weir_awaitable = void;
  bool await_ready() const noexcept { return true; }
  template <task_promise P>
  void await_suspend(std::coroutine_handle<P>) noexcept {}
  void await_resume() const noexcept {}
};

/// Base of the stages that have one before them and no driver of their own.
template <class S>
class after : public part {
 public:
  static constexpr std::size_t drivers = S::drivers;
  explicit after(S&& up) : up_(std::move(up)) {}
  auto ready() { return up_.ready(); }
  task<> start(task_group& group) { return up_.start(group); }

 protected:
  void list_as(listing& to, const char* type, std::size_t capacity = 0) {
    list_part(up_, to);
    list_in_loop(to, *this, type, capacity);
  }
  S up_;
};

/// Takes one item, if there is one now.
template <class S>
flow poll_one(S& stage, std::optional<value_of<S>>& into) {
  into.reset();
  return stage.poll([&into](auto&& x) {
    into.emplace(std::forward<decltype(x)>(x));
    return false;
  });
}

/// When a loop over a stage lets others run: after 1 ms by the runtime's clock, or 256 polls. A hand-over costs some us
/// where others wait for work, so not after each.
class pace {
 public:
  [[nodiscard]] bool due(time_point now) noexcept;

 private:
  time_point since_{};
  unsigned polls_ = 0;
};

/// Between two polls that were ended by their number of items. Throws operation_cancelled at a stop.
task<> breathe(pace& of);

/// The next item, or none when the stream has ended.
template <class S>
task<std::optional<value_of<S>>> next_of(S& stage) {
  std::optional<value_of<S>> item;
  for (pace steps;;) {
    const flow how = poll_one(stage, item);
    if (item || how == flow::ended) co_return item;
    if (how == flow::idle)
      co_await stage.ready();
    else
      co_await breathe(steps);
  }
}

/// The same, and perhaps others first.
template <class S>
task<std::optional<value_of<S>>> next_in_turn(S& stage, pace& steps) {
  co_await breathe(steps);
  co_return co_await next_of(stage);
}

/// Gives every item to take(item) -> bool, until that says false or the stream has ended.
template <class S, class F>
task<> for_all(S& stage, F take) {
  bool on = true;
  pace steps;
  const auto emit = [&](auto&& x) { return on = take(std::forward<decltype(x)>(x)); };
  while (on) {
    const flow how = stage.poll(emit);
    if (how == flow::ended) break;
    if (how == flow::idle)
      co_await stage.ready();
    else if (on)
      co_await breathe(steps);
  }
}

template <class S, class Consumer>
using consumed = typename std::invoke_result_t<Consumer&, S&>::value_type;

/// A stream's two ends without their types: its tasks are compiled once for each result, not for each pipeline.
template <class R>
struct stream_ends {
  void *stage, *consumer;
  task<> (*start)(void* stage, task_group&);
  task<R> (*consume)(void* stage, void* consumer);
};

template <class R>
task<R> consume_in(task_group& group, const stream_ends<R>& of) {
  co_await of.start(of.stage, group);
  if constexpr (std::is_void_v<R>) {
    co_await of.consume(of.stage, of.consumer);
    group.cancel("the stream has ended");
  } else {
    R result = co_await of.consume(of.stage, of.consumer);
    group.cancel("the stream has ended");
    co_return result;
  }
}

template <class R>
task<R> in_company(std::size_t drivers, stream_ends<R> ends) {
  co_return co_await with_group({.limit = par{drivers}, .name = "stream"}, consume_in<R>, std::cref(ends));
}

/// Runs consumer(stage), a task, in the company of the stage's drivers: they are stopped and awaited when it ends, and
/// the first failure of any of them is what is thrown.
template <class S, class Consumer>
task<consumed<S, Consumer>> run_ends(S& stage, Consumer& consumer) {
  if constexpr (S::drivers == 0) {
    return consumer(stage);
  } else {
    using R = consumed<S, Consumer>;
    return in_company<R>(
        S::drivers, {&stage, &consumer, [](void* s, task_group& g) { return static_cast<S*>(s)->start(g); },
                     [](void* s, void* c) -> task<R> { return (*static_cast<Consumer*>(c))(*static_cast<S*>(s)); }});
  }
}

/// The same, and keeps both: in locals, which end with the task. Its parameters would live as long as its
/// frame, and with them the ends of channels for which others wait.
template <class S, class Consumer>
task<consumed<S, Consumer>> run_stream(S from, Consumer into) {
  S stage = std::move(from);
  Consumer consumer = std::move(into);
  const listed_stream<S, Consumer> entry{stage, consumer};
  if constexpr (requires { consumer.failed(std::exception_ptr{}); }) {
    // A sink that has to know what the stream failed with: its own task may only have been stopped for it.
    try {
      co_return co_await run_ends(stage, consumer);
    } catch (...) {
      consumer.failed(std::current_exception());
      throw;
    }
  } else {
    co_return co_await run_ends(stage, consumer);
  }
}

}  // namespace weir::inline v0::detail

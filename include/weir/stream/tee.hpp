// weir/stream/tee.hpp - one stream into several sinks: tee.                                       [floor: flow]
//
//   co_await (events | tee(branch("persist", 64, [&](auto in) { return std::move(in) | for_each(par{8}, save); }),
//                          branch("metrics", 1, [&](auto in) { return std::move(in) | for_each(count); },
//                                 {.on_full = overflow::drop_oldest, .required = false})));
//
//   stream --the sink's task--> a channel per branch --branch's own stream--> its sink, a child of the group
//
// Items are shared, not copied: a branch's stream is one of std::shared_ptr<const T>.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <weir/channel.hpp>
#include <weir/detail/completion.hpp>
#include <weir/detail/end_count.hpp>
#include <weir/detail/outcome.hpp>
#include <weir/detail/pool_allocator.hpp>
#include <weir/stream/from.hpp>
#include <weir/stream/stream.hpp>
#include <weir/task_group.hpp>

namespace weir::inline v0 {

struct branch_options {
  overflow on_full = overflow::block;  ///< block: this branch may hold up all others
  bool required = true;                ///< false: its failure is reported (unhandled_exception), and the others go on
};

namespace detail {

template <class F>
struct branch_plan {
  branch_plan(const char* called, std::size_t room, F consumer, branch_options how)
      : name{called}, capacity{room}, fn(std::move(consumer)), options{how} {}
  const char* name;
  std::size_t capacity;
  F fn;
  branch_options options;
};

template <class T>
using shared_item = std::shared_ptr<const T>;

/// Which branches still take items. Lives longer than they do: not in feed(), which may end before them.
class presence {
 public:
  explicit presence(std::size_t branches) : here_{static_cast<std::uint32_t>(branches)} {}
  [[nodiscard]] bool all_left() const noexcept { return all_left_.load(std::memory_order_relaxed); }
  /// Called once by each branch. The last one stops the group, also while the source is silent.
  void leave(task_group& group) noexcept {
    if (!here_.drop()) return;
    all_left_.store(true, std::memory_order_relaxed);  // before the stop; orders nothing else
    group.cancel("every branch has left");
  }

 private:
  end_count here_;
  std::atomic<bool> all_left_{false};
};

/// A branch at work. Left by its sink: the channel is aborted, and the source sees it at its next send.
template <class T, class F>
class live_branch {
 public:
  explicit live_branch(branch_plan<F>& plan)
      : plan_{&plan}, items_{plan.capacity, channel_options{.name = plan.name, .on_full = plan.options.on_full}} {}
  [[nodiscard]] const char* name() const noexcept { return plan_->name; }
  [[nodiscard]] bool open() const noexcept { return open_ && !items_.closed(); }
  [[nodiscard]] channel_stats stats() const noexcept { return items_.stats(); }
  void close() noexcept { items_.close(); }

  task<> send(shared_item<T> item) {
    try {
      if (open_) co_await items_.send(std::move(item));
    } catch (const channel_closed&) {
      open_ = false;
    }
  }
  /// For the group's child: takes items until its sink has enough, then leaves.
  task<> run(task_group& group, presence& here) {
    std::exception_ptr failure;
    try {
      static_cast<void>(co_await std::invoke(plan_->fn, from(items_)));
    } catch (...) {
      failure = std::current_exception();
    }
    items_.abort();
    here.leave(group);
    if (!failure) co_return;
    if (plan_->options.required || outcome_of(failure) == outcome::cancelled) std::rethrow_exception(failure);
    report_unhandled(plan_->name, failure);
  }

 private:
  branch_plan<F>* plan_;
  channel<shared_item<T>> items_;
  bool open_ = true;
};

template <class... F>
class tee_sink {
 public:
  explicit tee_sink(branch_plan<F>... plans) : plans_(std::move(plans)...) {}
  template <class S>
  task<std::vector<channel_stats>> operator()(S& stage) {
    using T = value_of<S>;
    branches<T> all =
        std::apply([](auto&... plan) { return branches<T>{std::make_unique<live_branch<T, F>>(plan)...}; }, plans_);
    presence here{sizeof...(F)};
    co_await with_group({.limit = par{sizeof...(F)}, .name = "tee"}, feed<S>, std::ref(stage), std::ref(all),
                        std::ref(here));
    co_return std::apply([](auto&... one) { return std::vector<channel_stats>{one->stats()...}; }, all);
  }

 private:
  using each = std::index_sequence_for<F...>;
  template <class T>
  using branches = std::tuple<std::unique_ptr<live_branch<T, F>>...>;

  template <class S>
  static task<> feed(task_group& group, S& stage, branches<value_of<S>>& all, presence& here) {
    using T = value_of<S>;
    co_await start<T>(group, all, here, each{});
    try {
      while (std::optional<T> item = co_await next_of(stage)) {
        const shared_item<T> shared = std::allocate_shared<const T>(pool_allocator<const T>{}, std::move(*item));
        co_await send<T>(all, shared, each{});
      }
    } catch (const operation_cancelled&) {
      if (!here.all_left()) throw;
    }
    std::apply([](auto&... one) { (one->close(), ...); }, all);
  }
  template <class T, std::size_t... I>
  static task<> start(task_group& group, branches<T>& all, presence& here, std::index_sequence<I...>) {
    (static_cast<void>(co_await group.spawn(std::get<I>(all)->run(group, here), std::get<I>(all)->name())), ...);
  }
  template <class T, std::size_t... I>
  static task<> send(branches<T>& all, shared_item<T> item, std::index_sequence<I...>) {
    (co_await std::get<I>(all)->send(item), ...);
  }

  std::tuple<branch_plan<F>...> plans_;
};

}  // namespace detail

/// One way out of a tee: a channel of `capacity`, whose stream (of std::shared_ptr<const T>) is given to fn; fn returns
/// the task that consumes it. `name` is static.
/// Errors  std::invalid_argument: overflow::fail, by which a full branch would be everybody's failure
template <class F>
[[nodiscard]] auto branch(const char* name, std::size_t capacity, F fn, branch_options options = {}) {
  if (options.on_full == overflow::fail)
    throw std::invalid_argument{std::string{"weir::branch '"} + name + "': overflow::fail would fail the whole tee"};
  return detail::branch_plan<F>{name, capacity, std::move(fn), options};
}

/// The sink that gives every item to every branch. Asks for the next item when all branches have taken this one; what
/// that means when a channel is full says branch_options::on_full.
/// Result       what each channel did (accepted, received, discarded), in the order of the branches
/// Failure      of a required branch: everything stops, and it is thrown; of another one: reported, it leaves
/// A branch that has enough leaves; when all have left, the stream is stopped.
/// Allocates    one pooled block an item, and a frame a branch
template <class... F>
[[nodiscard]] auto tee(detail::branch_plan<F>... branches) {
  static_assert(sizeof...(F) > 0, "tee: no branch");
  return detail::tee_sink<F...>{std::move(branches)...};
}

}  // namespace weir::inline v0

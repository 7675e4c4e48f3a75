// weir/stream/map_cpu.hpp - a plain function for each item, on all workers: map_cpu.              [floor: flow]
//
//   lines | map_cpu(parse, 4096) | ...            // up to 4096 lines at a time, shared among the workers
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include <weir/fork_join.hpp>
#include <weir/offload.hpp>
#include <weir/stream/stream.hpp>

namespace weir::inline v0 {

namespace detail {

template <class S, class F>
class map_cpu_stage : public after<S> {
  using value = value_of<S>;
  using result = std::remove_cvref_t<std::invoke_result_t<F&, value&&>>;
  static_assert(!is_task<result>, "map_cpu: the function must be a plain one; use map_async for tasks");

 public:
  using item = result&&;
  map_cpu_stage(S&& up, F&& fn, std::size_t batch) : after<S>{std::move(up)}, fn_(std::move(fn)), batch_{batch} {}

  template <class Emit>
  flow poll(Emit&& emit) {
    while (next_ < done_.size())
      if (!emit(std::move(*done_[next_++]))) return flow::more;
    if (before_ == flow::ended && in_.empty()) return flow::ended;
    return flow::idle;
  }
  task<> ready() {
    co_await gather();
    if (in_.empty()) co_return;
    done_.clear();
    done_.resize(in_.size());
    next_ = 0;
    co_await on_cpu(&map_cpu_stage::call_all, this);
    in_.clear();
  }
  void list(listing& to) { this->list_as(to, "map_cpu", batch_); }

 private:
  static void call_all(map_cpu_stage* me) { me->call(0, me->in_.size()); }
  // What a thief does not take costs a few ns a fork; so no guess is made at what an item costs.
  void call(std::size_t from, std::size_t to) {
    if (to - from <= 8) {
      for (std::size_t i = from; i < to; ++i) done_[i].emplace(std::invoke(fn_, std::move(in_[i])));
      return;
    }
    const std::size_t middle = from + (to - from) / 2;
    parallel_invoke([=, this] { call(from, middle); }, [=, this] { call(middle, to); });
  }
  // What is there now, at least one item, at most a batch.
  task<> gather() {
    pace steps;
    while (in_.empty() && before_ != flow::ended) {
      if (before_ == flow::idle) co_await this->up_.ready();
      before_ = flow::more;
      for (int polls = 0; before_ == flow::more && in_.size() < batch_ && polls < 16; ++polls)
        before_ = this->up_.poll([this](auto&& x) {
          in_.push_back(std::forward<decltype(x)>(x));
          return in_.size() < batch_;
        });
      if (in_.empty() && before_ == flow::more) co_await breathe(steps);
    }
  }

  F fn_;
  const std::size_t batch_;
  flow before_ = flow::more;
  std::vector<value> in_;
  std::vector<std::optional<result>> done_;
  std::size_t next_ = 0;
};

template <class F>
class map_cpu_op {
 public:
  map_cpu_op(F&& fn, std::size_t batch) : fn_(std::move(fn)), batch_{batch} {}
  template <class S>
  auto attach(S up) && {
    return map_cpu_stage<S, F>{std::move(up), std::move(fn_), batch_};
  }

 private:
  F fn_;
  std::size_t batch_;
};

}  // namespace detail

/// fn(item) on the runtime's workers, several at once; the results in order. fn must be callable from several threads.
/// Emits a batch's results when all of them are there. Backpressures: nothing is asked for while there are results to
/// take (put read_ahead() before it to overlap). Holds a batch: what was there when it began, at most `batch` items.
/// Errors  the leftmost exception of a batch, when all its calls have ended; std::invalid_argument if batch is 0.
/// Allocates  the two vectors, once.
template <class F>
[[nodiscard]] auto map_cpu(F fn, std::size_t batch = 1024) {
  if (batch == 0) throw std::invalid_argument{"weir::map_cpu: batch must be at least 1"};
  return detail::map_cpu_op<F>{std::move(fn), batch};
}

}  // namespace weir::inline v0

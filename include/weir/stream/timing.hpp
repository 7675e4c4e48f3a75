// weir/stream/timing.hpp - streams and time: timeout, rate_limit.                                 [floor: flow]
//
//   feed | timeout(30s) | ...                      // operation_timed_out when nothing has come for 30 s
//   jobs | rate_limit(partner) | map_async(...)    // no more than the rate_limiter lets through
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

#include <weir/rate_limiter.hpp>
#include <weir/stop.hpp>
#include <weir/stream/stream.hpp>

namespace weir::inline v0 {

namespace detail {

template <class S>
class timeout_stage : public after<S> {
 public:
  using item = item_of<S>;
  timeout_stage(S&& up, std::chrono::nanoseconds longest) : after<S>{std::move(up)}, longest_{longest} {}
  template <class Emit>
  flow poll(Emit&& emit) {
    return this->up_.poll([&](auto&& x) {
      waits_since_.reset();
      return emit(std::forward<decltype(x)>(x));
    });
  }
  task<> ready() {
    if (!waits_since_) waits_since_ = co_await current_time();
    co_await with_deadline(saturating_add(*waits_since_, longest_), this->up_.ready());
  }
  void list(listing& to) { this->list_as(to, "timeout"); }

 private:
  std::chrono::nanoseconds longest_;
  std::optional<time_point> waits_since_;  ///< what came meanwhile did not get past a filter
};

class timeout_op {
 public:
  explicit timeout_op(std::chrono::nanoseconds longest) noexcept : longest_{longest} {}
  template <class S>
  auto attach(S up) && {
    return timeout_stage<S>{std::move(up), longest_};
  }

 private:
  std::chrono::nanoseconds longest_;
};

template <class S>
class rate_limit_stage : public after<S> {
 public:
  using item = value_of<S>&&;
  rate_limit_stage(S&& up, rate_limiter& by) : after<S>{std::move(up)}, by_{&by} {}
  template <class Emit>
  flow poll(Emit&& emit) {
    for (std::size_t n = emits_per_poll; n != 0; --n) {
      if (!held_) {
        if (const flow how = poll_one(this->up_, held_); !held_) return how;
      }
      if (!paid_) return flow::idle;
      value_of<S> out = std::move(*held_);
      held_.reset();
      paid_ = false;
      if (!emit(std::move(out))) break;
    }
    return flow::more;
  }
  task<> ready() {
    if (!held_) co_return co_await this->up_.ready();
    co_await by_->acquire();
    paid_ = true;
  }
  void list(listing& to) { this->list_as(to, "rate_limit", 1); }

 private:
  rate_limiter* by_;
  std::optional<value_of<S>> held_;
  bool paid_ = false;
};

class rate_limit_op {
 public:
  explicit rate_limit_op(rate_limiter& by) noexcept : by_{&by} {}
  template <class S>
  auto attach(S up) && {
    return rate_limit_stage<S>{std::move(up), *by_};
  }

 private:
  rate_limiter* by_;
};

}  // namespace detail

/// Fails with operation_timed_out when what is before it has nothing for longer than this; that is then stopped. What
/// comes in time passes. By the runtime's clock. Costs a timer for each time that it waits.
template <class Rep, class Period>
[[nodiscard]] auto timeout(std::chrono::duration<Rep, Period> longest) {
  return detail::timeout_op{detail::to_nanoseconds(longest)};
}

/// Passes an item when the limiter lets it through (rate_limiter.hpp: waits, or throws rate_exceeded). Holds one item.
[[nodiscard]] inline auto rate_limit(rate_limiter& by) { return detail::rate_limit_op{by}; }

}  // namespace weir::inline v0

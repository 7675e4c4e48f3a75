// weir/stream/errors.hpp - going on after a failure: settled, skip_errors.                        [floor: flow]
//
//   from(ids) | map_async(settled(fetch), par{20}) | skip_errors(log) | ...
//
// Without them the first failure ends the stream. settled(f) makes failures items: expected<R>. What stops the whole
// stream is not a failure of a call: a call that was stopped passes its operation_cancelled on.
#pragma once

#include <exception>
#include <functional>
#include <type_traits>
#include <utility>

#include <weir/detail/outcome.hpp>
#include <weir/expected.hpp>
#include <weir/stream/transform.hpp>
#include <weir/unit.hpp>

namespace weir::inline v0 {

namespace detail {

template <class F, class T>
task<expected<typename std::invoke_result_t<F&, T>::value_type>> settle(F& fn, T item) {
  using value = typename std::invoke_result_t<F&, T>::value_type;
  std::exception_ptr error;
  try {
    if constexpr (std::is_void_v<value>) {
      co_await std::invoke(fn, std::move(item));
      co_return expected<value>{std::in_place, unit{}};
    } else {
      value result = co_await std::invoke(fn, std::move(item));
      co_return expected<value>{std::in_place, std::move(result)};
    }
  } catch (...) {
    error = std::current_exception();
  }
  if (outcome_of(error) == outcome::cancelled && co_await stop_requested()) std::rethrow_exception(error);
  co_return expected<value>{std::move(error)};
}

template <class F>
class settled_call {
 public:
  explicit settled_call(F fn) : fn_(std::move(fn)) {}
  template <class T>
  auto operator()(T&& item) {
    return settle<F, std::remove_cvref_t<T>>(fn_, std::forward<T>(item));
  }

 private:
  F fn_;
};

template <class S, class Report>
class skip_errors_stage : public after<S> {
  using result = value_of<S>;

 public:
  using item = typename result::value_type&&;
  skip_errors_stage(S&& up, Report&& report) : after<S>{std::move(up)}, report_(std::move(report)) {}
  template <class Emit>
  flow poll(Emit&& emit) {
    return this->up_.poll([&](result r) {
      if (r) return emit(std::move(*r));
      std::invoke(report_, r.error());
      return true;
    });
  }
  void list(listing& to) { this->list_as(to, "skip_errors"); }

 private:
  Report report_;
};

}  // namespace detail

/// For map_async, partition_by and retry: fn(item), with what it throws as a value. Emits expected<R>.
template <class F>
[[nodiscard]] auto settled(F fn) {
  return detail::settled_call<F>{std::move(fn)};
}

/// The results of a stream of expected<R>; report(std::exception_ptr) is called for each of the others, in their place
/// in the order.
template <class Report>
[[nodiscard]] auto skip_errors(Report report) {
  return detail::make_stage<detail::skip_errors_stage, Report>{std::move(report)};
}

}  // namespace weir::inline v0

// weir/detail/post_node.hpp - a job without a future: a callable in a pooled block.            [floor: job]
#pragma once

#include <weir/detail/callable_name.hpp>
#include <weir/detail/completion.hpp>
#include <weir/detail/shared_state.hpp>
#include <weir/error.hpp>

namespace weir::inline v0::detail {

struct nothing_else {};

template <class F, class Extra = nothing_else>
class post_node final : public job, public Extra {
 public:
  template <class Fn>
  explicit post_node(std::in_place_t, Fn&& fn) : job{&act_on, callable_name<F>()}, call_{std::forward<Fn>(fn)} {}

 private:
  static outcome act_on(job* j, action what) noexcept {
    auto* self = static_cast<post_node*>(j);
    const outcome how = what == action::run ? self->run() : outcome::cancelled;
    destroy_node(self);
    return how;
  }

  outcome run() noexcept {
    try {
      static_cast<void>(std::invoke(std::move(call_)));
      return outcome::ok;
    } catch (const operation_cancelled&) {  // asked to stop, and did: nothing to report
      return outcome::cancelled;
    } catch (...) {
      report_unhandled(name, std::current_exception());
      return outcome::failed;
    }
  }

  F call_;
};

/// A job that runs f(); an exception is reported as unhandled. One pooled allocation, strong guarantee.
/// The job must be acted on exactly once.
template <class F>
[[nodiscard]] job* make_post(F&& f) {
  return make_node<post_node<std::decay_t<F>>>(std::in_place, std::forward<F>(f));
}

}  // namespace weir::inline v0::detail

// weir/place.hpp - where tasks run: the reactor or the workers of one runtime.                 [floor: job]
//
//   spawn(rt.io(), serve(socket));         the task starts on the reactor and comes back there after every await
//   co_await resume_on(rt.cpu());          from here on it lives on the workers
//
// rt.io() is a place; rt.cpu() is an executor, which converts to one. What `home` is to a task that knows its runtime,
// a place is to code that holds the runtime.
#pragma once

#include <weir/detail/scheduler.hpp>

namespace weir::inline v0 {

using detail::home;

/// A small value; valid as long as the runtime.
class place {
 public:
  place(detail::scheduler& of, detail::home where) noexcept : of_{&of}, where_{where} {}

  [[nodiscard]] detail::scheduler& owner() const noexcept { return *of_; }
  [[nodiscard]] detail::home where() const noexcept { return where_; }

  /// True on a thread that runs this place's tasks.
  [[nodiscard]] bool is_here() const noexcept { return of_->on(where_); }

  friend bool operator==(place, place) noexcept = default;

 private:
  detail::scheduler* of_;
  detail::home where_;
};

}  // namespace weir::inline v0

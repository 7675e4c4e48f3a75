#include "trace/counter_source.hpp"

#include <mutex>

#include <weir/detail/trace.hpp>

namespace weir::inline v0::tracing {
namespace {

constinit std::mutex mutex;  // guards the list
constinit counter_source* first = nullptr;

}  // namespace

counter_source::counter_source(const void* what, tell_fn tell) noexcept : what_{what}, tell_{tell} {
  const std::lock_guard lock{mutex};
  after_ = first;  // NOLINT(*-prefer-member-initializer): under the lock
  if (first != nullptr) first->before_ = this;
  first = this;
}

counter_source::~counter_source() {
  if (detail::traced(detail::event::counter)) tell_(what_);  // the last figures
  const std::lock_guard lock{mutex};
  (before_ != nullptr ? before_->after_ : first) = after_;
  if (after_ != nullptr) after_->before_ = before_;
}

void counter_source::tell_all() {
  const std::lock_guard lock{mutex};
  for (const counter_source* one = first; one != nullptr; one = one->after_) one->tell_(one->what_);
}

}  // namespace weir::inline v0::tracing

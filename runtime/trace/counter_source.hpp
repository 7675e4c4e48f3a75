// trace/counter_source.hpp - who has counters to tell, about every 10 ms while metrics are recorded. [floor: trace]
#pragma once

namespace weir::inline v0::tracing {

/// Declare it last in its thing: listed while all else is there. The function is called on the tracing thread and
/// writes `counter` events; the destructor waits for it, and calls it a last time.
class counter_source {
 public:
  using tell_fn = void (*)(const void* what);

  counter_source(const void* what, tell_fn tell) noexcept;
  counter_source(const counter_source&) = delete;
  counter_source& operator=(const counter_source&) = delete;
  ~counter_source();

  static void tell_all();

 private:
  const void* const what_;
  const tell_fn tell_;
  counter_source* before_ = nullptr;
  counter_source* after_ = nullptr;
};

}  // namespace weir::inline v0::tracing

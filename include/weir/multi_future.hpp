// weir/multi_future.hpp - the futures of one bulk submission.                                  [floor: roof]
#pragma once

#include <weir/detail/saturating.hpp>
#include <weir/future.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <type_traits>
#include <vector>

namespace weir::inline v0 {

/// A vector of futures that can be waited for together.
template <class T>
class [[nodiscard]] multi_future : public std::vector<future<T>> {
 public:
  using std::vector<future<T>>::vector;

  /// Waits for all, then returns the results in the order of submission (nothing for void) and leaves it empty.
  /// Errors    the first exception in that order, after every job has ended; would_deadlock as future::wait()
  auto get() {
    wait();
    std::vector<future<T>> all;
    all.swap(*this);
    std::exception_ptr first;
    if constexpr (std::is_void_v<T>) {
      for (auto& f : all) collect(first, [&] { f.get(); });
      if (first) std::rethrow_exception(first);
    } else {
      static_assert(!std::is_reference_v<T>, "get() of references: take them one by one");
      std::vector<T> results;
      results.reserve(all.size());
      for (auto& f : all) collect(first, [&] { results.push_back(f.get()); });
      if (first) std::rethrow_exception(first);
      return results;
    }
  }

  /// Waits for all. Errors as future::wait().
  void wait() const {
    for (const auto& f : *this) f.wait();
  }
  /// Waits for all, but not beyond the limit; true when all are ready.
  template <class Rep, class Period>
  [[nodiscard]] bool wait_for(const std::chrono::duration<Rep, Period>& limit) const {
    return wait_until(detail::deadline_after(limit));
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool wait_until(const std::chrono::time_point<Clock, Duration>& limit) const {
    return std::all_of(this->begin(), this->end(), [&](const future<T>& f) { return f.wait_until(limit); });
  }
  /// How many are ready.
  [[nodiscard]] std::size_t ready_count() const {
    return static_cast<std::size_t>(
        std::count_if(this->begin(), this->end(), [](const future<T>& f) { return f.ready(); }));
  }
  /// True when all futures are valid.
  [[nodiscard]] bool valid() const noexcept {
    return std::all_of(this->begin(), this->end(), [](const future<T>& f) { return f.valid(); });
  }
  /// Cancels those that have not started; how many.
  std::size_t cancel() {
    return static_cast<std::size_t>(std::count_if(this->begin(), this->end(), [](future<T>& f) { return f.cancel(); }));
  }

 private:
  template <class F>
  static void collect(std::exception_ptr& first, F&& take) {
    try {
      take();
    } catch (...) {
      if (!first) first = std::current_exception();
    }
  }
};

}  // namespace weir::inline v0

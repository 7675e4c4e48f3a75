// weir/detail/region.hpp - one call of a parallel algorithm: its first error, its stop, its way in. [floor: cpu]
//
// The object lives on the caller's stack for the time of the call. Any of its chunks may fail; the first exception, in
// time, is kept, those of chunks that were running beside it are reported, the rest of the work stops at the next
// chunk, and run() rethrows after everything has been joined.
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <stop_token>
#include <utility>

#include <weir/detail/suppressed.hpp>

namespace weir::inline v0::detail {

class executor_core;

class region {
 public:
  region(std::size_t grain, std::stop_token stop) noexcept
      : grain_{grain == 0 ? 1 : grain}, token_{std::move(stop)}, may_stop_{token_.stop_possible()} {}
  region(const region&) = delete;
  region& operator=(const region&) = delete;

  [[nodiscard]] std::size_t grain() const noexcept { return grain_; }

  /// True when the work may be shared with other workers: not on a strand, and not where there is nobody to share with.
  [[nodiscard]] bool forks() const noexcept { return forks_; }

  /// True when the work that is left should be skipped. Ask only while there is some: the answer makes run() throw.
  [[nodiscard]] bool stopped() noexcept {
    if (may_stop_ && token_.stop_requested()) cut_.store(true, std::memory_order_relaxed);
    return ended_early();
  }

  /// True when some of the work was skipped or has failed.
  [[nodiscard]] bool ended_early() const noexcept {
    return failed_.load(std::memory_order_relaxed) || cut_.load(std::memory_order_relaxed);
  }

  /// Runs fn(); what it throws is noted.
  template <class F>
  void guard(F&& fn) noexcept {
    try {
      fn();
    } catch (...) {
      note(std::current_exception());
    }
  }

  /// Keeps the first error there is, and reports the others.
  void note(const std::exception_ptr& error) noexcept {
    if (!error) return;
    if (!failed_.exchange(true, std::memory_order_relaxed))
      first_ = error;  // read after all joins
    else
      report_suppressed("parallel", error);
  }

  /// Runs fn on a worker of `on` (in place if the caller is one), then throws what there is to throw.
  template <class F>
  void run(executor_core& on, F&& fn) {
    forks_ = many_workers(on);
    auto guarded = [&] { guard(fn); };
    enter(on, [](void* f) noexcept { (*static_cast<decltype(guarded)*>(f))(); }, &guarded);
    finish();
  }

 private:
  static void enter(executor_core& on, void (*fn)(void*) noexcept, void* arg);
  static bool many_workers(const executor_core& on) noexcept;
  void finish() const;

  const std::size_t grain_;
  const std::stop_token token_;
  const bool may_stop_;
  bool forks_ = false;
  std::atomic<bool> failed_{false};
  std::atomic<bool> cut_{false};
  std::exception_ptr first_;
};

}  // namespace weir::inline v0::detail

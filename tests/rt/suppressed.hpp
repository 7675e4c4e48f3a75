// tests/rt/suppressed.hpp - a report sink that keeps what failed beside the exception that was delivered.
#pragma once

#include <weir/report.hpp>

#include <algorithm>
#include <exception>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace weir_test {

/// What std::exceptions said that were reported as suppressed; other kinds of reports as "?". Outlives its runtime.
class suppressed_errors {
 public:
  weir::report_sink sink() {
    return [this](const weir::report& r) {
      std::string what = "?";
      try {
        if (r.kind == weir::report_kind::never_awaited && r.error) std::rethrow_exception(r.error);
      } catch (const std::exception& e) {
        what = e.what();
      } catch (...) {
        what = "no std::exception";
      }
      const std::lock_guard lock{mutex_};
      whats_.push_back(std::move(what));
    };
  }
  /// Those since the last call, sorted.
  std::vector<std::string> take() {
    const std::lock_guard lock{mutex_};
    std::sort(whats_.begin(), whats_.end());
    return std::exchange(whats_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> whats_;
};

}  // namespace weir_test

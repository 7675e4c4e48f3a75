// job/report_writer.hpp - report() of a runtime: a snapshot as text, with the rates since the last one.   [floor: job]
#pragma once

#include <weir/observe.hpp>

#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace weir::inline v0::detail {

class report_writer {
 public:
  std::string operator()(snapshot now) {
    const std::scoped_lock guard{mutex_};
    std::string text = to_text(now, last_ ? &*last_ : nullptr);
    last_ = std::move(now);
    return text;
  }

 private:
  std::mutex mutex_;
  std::optional<snapshot> last_;
};

}  // namespace weir::inline v0::detail

#include "base/strict.hpp"

#include <cstdlib>
#include <string_view>

#include "base/stderr_sink.hpp"

namespace weir::inline v0::base {

bool strict_by_environment() noexcept {
  static const bool strict = [] {
    const char* const value = std::getenv("WEIR_STRICT");  // NOLINT(concurrency-mt-unsafe): nobody of ours sets it
    return value != nullptr && !std::string_view{value}.empty() && std::string_view{value} != "0";
  }();
  return strict;
}

void end_if_strict(bool strict, const report& r) noexcept {
  if (!strict || r.kind == report_kind::resource) return;
  process_stderr().last_words(r);
  std::abort();
}

}  // namespace weir::inline v0::base

// trace/settings.hpp - what is asked for: by WEIR_TRACE and its companions, or by code.        [floor: trace]
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "trace/ring_store.hpp"

namespace weir::inline v0::tracing {

enum class recorder_mode : unsigned { off, stream, flight, summary };

struct settings {
  recorder_mode mode = recorder_mode::off;
  std::string path;  ///< stream: the file, "%p" is the process id. flight: the directory, or empty for the usual one
  std::uint32_t mask = detail::trace_category::all;
  std::uint32_t sample = 1;
  std::size_t ring_bytes = ring_store::default_ring_bytes;
  std::uint64_t lag_ns = UINT64_MAX;  ///< flight: a later reactor dumps
};

/// Reads the environment. Errors: std::invalid_argument that names the variable and what it takes.
[[nodiscard]] settings settings_of_environment();

/// "io,task" and the like. Errors: std::invalid_argument.
[[nodiscard]] std::uint32_t categories_of(std::string_view text);
/// "lag>50ms" in nanoseconds. Errors: std::invalid_argument.
[[nodiscard]] std::uint64_t trigger_of(std::string_view text);

/// What every file begins with.
[[nodiscard]] file_header header_for(const settings& s, file_kind kind, const sync_point& start);

}  // namespace weir::inline v0::tracing

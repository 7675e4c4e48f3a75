// record.hpp - one log line: what it must contain, and the class it falls into.
//
//   {"ts":1767225600123,"level":"info","service":"auth","status":200,"latency":431,"ip":"10.4.7.91",
//    "path":"/login","msg":"ok"}
//
// All eight fields are required, once each, in any order; others may be there and are kept. The whole line must be
// valid JSON (simdjson's DOM checks every byte of it, also of the fields we do not look at).
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string_view>

#include "reject.hpp"

namespace log_pipeline {

enum class level : std::uint8_t { debug, info, warn, error };

/// What happened to the request that the line is about; the worst that applies.
enum class category : std::uint8_t {
  ok,
  slow,     ///< took longer than half a second
  refused,  ///< status 4xx: the client's fault
  failed,   ///< status 5xx, or logged as an error: ours. The error rate of the report is the share of these
};
inline constexpr std::size_t categories = 4;
inline constexpr std::string_view category_names[categories] = {"ok", "slow", "refused", "failed"};

struct record {
  std::int64_t ts_ms;
  std::uint64_t latency_us;
  std::string_view service;  ///< valid until the parser's next line
  int status;
  log_pipeline::level level;

  [[nodiscard]] category classify() const noexcept {
    if (status >= 500 || level == level::error) return category::failed;
    if (status >= 400) return category::refused;
    return latency_us > 500'000 ? category::slow : category::ok;
  }
};

/// Reuses its memory from line to line. One thread at a time.
class record_parser {
 public:
  /// Parses and validates one line (without white space around it); fills `out` when the answer is reject::none.
  /// Requires  SIMDJSON_PADDING readable bytes behind the line, with any content
  [[nodiscard]] reject parse(std::string_view line, record& out) noexcept;

 private:
  simdjson::dom::parser json_;
};

}  // namespace log_pipeline

// enricher.hpp - the work of a CPU: parse, validate, fingerprint and classify every line of a batch.
//
// {"ts":...}  becomes  {"ts":...,"class":"ok","fingerprint":"<SHA-256 of the line as it came, 64 digits>"}
// White space around a line (so also the CR of CRLF) is dropped before; what it writes ends with \n.
#pragma once

#include <string_view>

#include "batch.hpp"
#include "fingerprint.hpp"
#include "record.hpp"
#include "statistics.hpp"

namespace log_pipeline {

/// Everything it needs is reused from line to line and batch to batch. One thread at a time; there is one per worker.
class enricher {
 public:
  /// Fills b's enriched text and counts from its text. A batch without text keeps the counts it came with.
  void enrich(batch& b);

  [[nodiscard]] const statistics& counted() const noexcept { return statistics_; }

 private:
  reject enrich_line(std::string_view line, buffer& out);

  record_parser parser_;
  fingerprint fingerprint_;
  statistics statistics_;
};

}  // namespace log_pipeline

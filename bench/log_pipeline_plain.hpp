// log_pipeline_plain.hpp - the main job as a loop on one thread: the same parts, the same batches.
#pragma once

#include <cstdint>
#include <string>

#include "enricher.hpp"
#include "file_input.hpp"
#include "line_reader.hpp"
#include "writer.hpp"

namespace bench {

/// Enriches a file into /dev/null. Returns the lines written.
inline std::uint64_t log_pipeline_plain(const std::string& file, log_pipeline::stop_signals& stop) {
  log_pipeline::file_input in{file, stop};
  log_pipeline::line_reader lines{in};
  log_pipeline::enricher worker;
  log_pipeline::output null{"/dev/null"};
  log_pipeline::writer writer{null};
  log_pipeline::batch b;
  while (lines.fill(b) == log_pipeline::input::state::data) {
    worker.enrich(b);
    writer.write(b);
  }
  return writer.lines_out();
}

}  // namespace bench

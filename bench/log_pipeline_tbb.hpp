// log_pipeline_tbb.hpp - the main job on tbb::parallel_pipeline: the same parts, batches, and number of batches.
//
//   serial in order: read -> parallel: enrich -> serial in order: write
#pragma once

#include <tbb/concurrent_queue.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

#include <cstdint>
#include <string>
#include <vector>

#include "enricher.hpp"
#include "file_input.hpp"
#include "line_reader.hpp"
#include "writer.hpp"

namespace bench {

/// Enriches a file into /dev/null. Returns the lines written.
inline std::uint64_t log_pipeline_tbb(const std::string& file, log_pipeline::stop_signals& stop, int workers) {
  using log_pipeline::batch;
  log_pipeline::file_input in{file, stop};
  log_pipeline::line_reader lines{in};
  log_pipeline::output null{"/dev/null"};
  log_pipeline::writer writer{null};
  tbb::enumerable_thread_specific<log_pipeline::enricher> enrichers;
  std::vector<batch> batches(4 * static_cast<std::size_t>(workers) + 4);
  tbb::concurrent_queue<batch*> free;
  for (batch& b : batches) free.push(&b);

  const auto read = [&](tbb::flow_control& control) -> batch* {
    batch* b = nullptr;  // a token is a batch: there is always a free one here
    if (free.try_pop(b) && lines.fill(*b) == log_pipeline::input::state::data) return b;
    control.stop();
    return nullptr;
  };
  const auto enrich = [&](batch* b) {
    enrichers.local().enrich(*b);
    return b;
  };
  const auto write = [&](batch* b) {
    writer.write(*b);
    free.push(b);
  };
  tbb::task_arena arena{workers};
  arena.execute([&] {
    tbb::parallel_pipeline(batches.size(),
                           tbb::make_filter<void, batch*>(tbb::filter_mode::serial_in_order, read) &
                               tbb::make_filter<batch*, batch*>(tbb::filter_mode::parallel, enrich) &
                               tbb::make_filter<batch*, void>(tbb::filter_mode::serial_in_order, write));
  });
  return writer.lines_out();
}

}  // namespace bench

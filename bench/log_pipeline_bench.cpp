// log_pipeline_bench.cpp - the main job against a plain loop and against tbb::parallel_pipeline.
// links: log_pipeline_parts
//
// ns per line of the generated log, input cached, output to /dev/null: parse, validate, SHA-256, classify, in order.
// All three share the code of the stages and the size of the batches; the parallel two have as many batches. What a
// disk adds is not in these figures: the program prints that (docs/examples/log_pipeline --output FILE).
#include <weir/runtime.hpp>

#include <algorithm>
#include <cstdint>
#include <string>

#include "file_input.hpp"
#include "generator.hpp"
#include "line_reader.hpp"
#include "log_pipeline_plain.hpp"
#include "log_pipeline_tbb.hpp"
#include "pipeline.hpp"
#include "support/paired.hpp"

namespace {

std::uint64_t log_pipeline_weir(const std::string& file, log_pipeline::stop_signals& stop, weir::runtime& rt) {
  log_pipeline::file_input in{file, stop};
  log_pipeline::line_reader lines{in};
  log_pipeline::output null{"/dev/null"};
  log_pipeline::pipeline p{rt, null};
  while (log_pipeline::batch_ptr b = p.acquire(std::chrono::hours{1})) {
    if (lines.fill(*b) != log_pipeline::input::state::data) break;
    p.submit(std::move(b));
  }
  p.finish_and_check();
  return p.written().lines_out();
}

}  // namespace

int main(int argc, char** argv) {
  bench::suite suite{argc, argv};
  log_pipeline::stop_signals stop;
  constexpr unsigned workers = 2;
  weir::runtime rt{weir::runtime_options{.threads = workers}};
  const std::uint64_t lines = suite.quick() ? 200'000 : 2'000'000;
  std::string file;

  bench::pair job{.name = "log_pipeline/plain_loop",
                  .unit = "ns/line",
                  .workers = workers,
                  .items = static_cast<double>(lines),
                  .setup = [&] { file = log_pipeline::generated_log(LOG_PIPELINE_DATA_DIRECTORY, lines, 1, stop); },
                  .ours = [&] { return log_pipeline_weir(file, stop, rt); },
                  .peer = [&] { return bench::log_pipeline_plain(file, stop); },
                  .peer_name = "plain loop",
                  .target = 1.8};
  suite.compare(job);

  job.name = "log_pipeline/parallel_pipeline";
  job.peer = [&] { return bench::log_pipeline_tbb(file, stop, workers); };
  job.peer_name = "tbb::parallel_pipeline";
  job.target = 1.0;
  suite.compare(job);
  return suite.finish();
}

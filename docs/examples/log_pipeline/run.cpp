#include "run.hpp"

#include <cstdlib>
#include <vector>

#include "file_input.hpp"
#include "generator.hpp"
#include "pipeline.hpp"
#include "process_usage.hpp"
#include "reading.hpp"
#include "report.hpp"

namespace log_pipeline {
namespace {

using std::chrono::steady_clock;

/// Opens every input before the first is read, so that a wrong name costs nothing; the descriptors are not kept.
std::uint64_t check_inputs(const std::vector<std::string>& files, const output& to, stop_signals& stop) {
  std::uint64_t bytes = 0;
  bool known = true;
  for (const std::string& file : files) {
    const file_input in{file, stop};
    if (in.is_same_file(to.descriptor())) throw failure{bad_usage, "the input " + file + " is also the output"};
    bytes += in.size();
    known = known && in.size() != 0;
  }
  return known ? bytes : 0;
}

report make_report(const pipeline& p, const weir::runtime_stats& stats) {
  report r;
  const writer& w = p.written();
  r.lines_in = p.lines_in();
  r.lines_out = w.lines_out();
  r.lines_rejected = w.lines_rejected();
  r.lines_unwritten = w.lines_unwritten();
  r.first_rejected = w.first_rejected();
  r.statistics = p.merged_statistics();
  r.queues = {{"runtime", stats.queue_capacity_items, stats.queue_high_water_items},
              {"batches_in_flight", p.in_flight().capacity(), p.in_flight().high_water()}};
  r.reactor_lag_p50_ns = stats.reactor_lag_p50_ns;
  r.reactor_lag_p99_ns = stats.reactor_lag_p99_ns;
  r.mimalloc = std::string_view{stats.pool_upstream} == "mimalloc";
  r.workers_granted = stats.workers_granted;
  return r;
}

int complain(const failure& f) {
  std::fprintf(stderr, "log_pipeline: %s\n", f.what());
  return f.code;
}

/// The report in both forms; a failure of one does not keep back the other.
int publish(const report& r, const options& o) {
  std::FILE* const to = o.output == "-" ? stderr : stdout;
  print_table(r, to);
  const bool printed = std::fflush(to) == 0 && std::ferror(to) == 0;
  const failure unprinted = failure::from_errno(bad_output, "cannot write the report to stdout");
  try {
    if (!o.json.empty()) write_json(r, o.json);
  } catch (const failure& f) {
    return complain(f);
  }
  return printed ? success : complain(unprinted);
}

}  // namespace

int run(const options& o) {
  stop_signals stop;
  if (!o.trace.empty()) ::setenv("WEIR_TRACE", o.trace.c_str(), 1);
  std::vector<std::string> files = o.files;
  if (files.empty() && o.listen.empty()) files.push_back(generated_log(o.data_directory, o.lines, o.seed, stop));
  output to{o.output};
  const std::uint64_t total_bytes = check_inputs(files, to, stop);

  weir::runtime rt{weir::runtime_options{.threads = o.threads}};
  const process_usage idle = usage_now();
  const auto begin = steady_clock::now();

  std::optional<failure> trouble;
  report r;
  {
    pipeline p{rt, to};
    reading reader{p, rt, stop, total_bytes, to.descriptor()};
    try {
      if (!o.listen.empty()) reader.listen(o.listen);
      for (auto file = files.begin(); file != files.end() && !reader.has_to_stop(); ++file) reader.read(*file);
    } catch (const failure& f) {
      trouble = f;
    }
    p.finish_and_check();
    to.close();
    const std::optional<double> allocations_per_line = reader.allocations().per_line(p.lines_in());
    r = make_report(p, rt.stats());
    r.runtime_allocations_per_line = allocations_per_line;
  }
  const process_usage end = usage_now();
  r.wall_s = std::chrono::duration<double>(steady_clock::now() - begin).count();
  r.cpu_util = (end.cpu_s - idle.cpu_s) / r.wall_s;
  r.idle_rss_bytes = idle.rss_bytes;
  r.peak_rss_bytes = end.peak_rss_bytes;
  r.output = to.name();

  const int published = publish(r, o);
  if (to.error()) return complain(*to.error());
  if (trouble) return complain(*trouble);
  if (!r.balances()) return complain({broken_identity, "lines in != lines out + lines rejected: lines were lost"});
  if (published != success) return published;
  if (stop.received() != 0) return interrupted + stop.received();
  return o.strict && r.lines_rejected != 0 ? bad_lines : success;
}

}  // namespace log_pipeline

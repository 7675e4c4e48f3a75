#include "run.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstdlib>
#include <vector>

#include "file_descriptor.hpp"
#include "file_identity.hpp"
#include "generator.hpp"
#include "input_list.hpp"
#include "pipeline.hpp"
#include "process_usage.hpp"
#include "reading.hpp"
#include "report.hpp"

namespace log_pipeline {
namespace {

using std::chrono::steady_clock;

/// The runtime itself looks at WEIR_TRACE.
std::string trace_path(const options& o) {
  if (!o.trace.empty()) {
    // Asked for by name: said now if it cannot be had, not after the run.
    const file_descriptor probe{::open(o.trace.c_str(), O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0666)};
    if (!probe.is_open() && errno != ENXIO)
      throw failure::from_errno(bad_output, "cannot write to the trace " + o.trace);
    ::setenv("WEIR_TRACE", o.trace.c_str(), 1);
  }
  const char* const path = std::getenv("WEIR_TRACE");
  return path == nullptr ? "" : path;
}

/// Nothing that is written may be an input, or be written twice: the one would destroy the other.
void check_that_files_differ(const input_list& in, const output& lines, const std::optional<output>& json,
                             const std::string& trace) {
  const std::pair<const char*, file_identity> written[] = {
      {"the output", lines.identity()},
      {"the report (--json)", json ? json->identity() : file_identity{}},
      {"the trace (--trace)", trace.empty() ? file_identity{} : file_identity::of(trace)}};
  if (written[2].second.is_pipe()) throw failure{bad_usage, "the trace (--trace) must be a file, not a pipe"};
  for (const auto& each : written) {
    if (const std::string* input = in.find(each.second); input != nullptr)
      throw failure{bad_usage, "the input " + *input + " is also " + each.first};
    for (const auto* other = written; other != &each; ++other)
      if (are_same(other->second, each.second))
        throw failure{bad_usage, std::string{each.first} + " is also " + other->first};
  }
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

int publish_table(const report& r, bool to_stdout) {
  std::FILE* const to = to_stdout ? stdout : stderr;
  print_table(r, to);
  if (std::fflush(to) == 0 && std::ferror(to) == 0) return success;
  return complain(failure::from_errno(bad_output, "cannot write the report to stdout"));
}

int publish_json(const report& r, output& to) {
  to.write(to_json(r));
  to.close();
  return to.error() ? complain(*to.error()) : success;
}

/// The report in both forms; a failure of one does not keep back the other.
int publish(const report& r, const options& o, std::optional<output>& json, stop_signals& stop) {
  int table = success;
  int machine = success;
  stop.watch_during([&] { table = publish_table(r, o.output != "-" && o.json != "-"); });
  if (!json) return table;
  try {
    json->wait_for_reader(stop);
    stop.watch_during([&] { machine = publish_json(r, *json); });
  } catch (const failure& f) {
    machine = complain(f);
  }
  return machine != success ? machine : table;
}

}  // namespace

int run(const options& o) {
  stop_signals stop;
  const std::string trace = trace_path(o);
  std::vector<std::string> files = o.files;
  if (files.empty() && o.listen.empty()) files.push_back(generated_log(o.data_directory, o.lines, o.seed, stop));
  input_list inputs{files, stop};
  output to{o.output};
  std::optional<output> json;
  if (!o.json.empty()) json.emplace(o.json);
  check_that_files_differ(inputs, to, json, trace);
  to.wait_for_reader(stop);

  weir::runtime rt{weir::runtime_options{.threads = o.threads}};
  const process_usage idle = usage_now();
  const auto begin = steady_clock::now();

  std::optional<failure> trouble;
  report r;
  {
    pipeline p{rt, to};
    reading reader{p, rt, stop, inputs.total_bytes(), to.descriptor()};
    try {
      if (!o.listen.empty()) reader.listen(o.listen);
      for (std::size_t i = 0; i < inputs.size() && !reader.has_to_stop(); ++i) reader.read(*inputs.take(i));
    } catch (const failure& f) {
      trouble = f;
    }
    stop.watch_during([&] { p.finish_and_check(); });
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

  const int published = publish(r, o, json, stop);
  if (to.error()) return complain(*to.error());
  if (trouble) return complain(*trouble);
  if (!r.balances()) return complain({broken_identity, "lines in != lines out + lines rejected: lines were lost"});
  if (published != success) return published;
  if (stop.received() != 0) return interrupted + stop.received();
  return o.strict && r.lines_rejected != 0 ? bad_lines : success;
}

}  // namespace log_pipeline

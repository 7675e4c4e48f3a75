// weir convert - the trace in formats that other programs read.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>
#include <string>

#include "convert/csv.hpp"
#include "convert/formats.hpp"
#include "convert/output_file.hpp"
#include "convert/timeline.hpp"
#include "failure.hpp"
#include "reading.hpp"
#include "units.hpp"
#include "verbs.hpp"

namespace weir_tool {
namespace {

struct convert_options {
  std::string file;
  std::string to;
  std::string output;
  bool json = false;
};

std::string output_of(const convert_options& o) {
  if (!o.output.empty()) return o.output;
  const char* const extension = o.to == "chrome" ? ".json" : o.to == "perfetto" ? ".pftrace" : ".csv";
  return std::filesystem::path{o.file}.replace_extension(extension).string();
}

/// Returns how many ends have no beginning.
std::uint64_t write_all(const convert_options& o, reading& trace, output_file& out) {
  if (o.to == "csv") {
    csv_writer lines{trace.trace(), out};
    for (moment m; trace.next(m);) lines.see(m);
    return 0;
  }
  const auto sink = o.to == "chrome" ? make_chrome_sink(trace.trace(), out) : make_perfetto_sink(trace.trace(), out);
  timeline t{trace.trace(), *sink};
  for (moment m; trace.next(m);) t.see(m);
  t.finish();
  return t.cut();
}

int convert(const convert_options& o) {
  reading trace{o.file};
  const std::string path = output_of(o);
  output_file out{path, o.file};
  const std::uint64_t cut = write_all(o, trace, out);
  out.close();
  if (o.json) {
    json said;
    said.object().field("output", std::string_view{path}).field("to", std::string_view{o.to}).field("cut", cut);
    trace.describe(said);
    fmt::print(stderr, "{}", said.finish());
  } else {
    fmt::print(stderr, "weir: {} events to {}\n", grouped(trace.trace().events), path == "-" ? "stdout" : path);
    if (cut != 0) fmt::print(stderr, "weir: of {} things the beginning is not in the trace\n", grouped(cut));
  }
  return trace.end(o.json);
}

std::function<int()> declare(CLI::App& app) {
  auto o = std::make_shared<convert_options>();
  app.add_option("FILE", o->file, "a trace (.wtr)")->required();
  app.add_option("--to", o->to, "chrome: JSON of trace events; perfetto: protobuf; csv: a line per event")
      ->required()
      ->check(CLI::IsMember({"chrome", "perfetto", "csv"}));
  app.add_option("-o,--output", o->output, "a file, or - for stdout; default: FILE with .json, .pftrace or .csv");
  app.add_flag("--json", o->json, "say as JSON, on stderr, what was done");
  return [o] { return convert(*o); };
}

}  // namespace

namespace verbs {
const verb convert{"convert", "Write a trace in a format that other programs read",
                   "  weir convert --to chrome run.wtr              # run.json\n"
                   "  weir convert --to perfetto -o - run.wtr | gzip >run.pftrace.gz\n"
                   "  weir convert --to csv -o - run.wtr | grep SUSPEND\n",
                   declare};
}  // namespace verbs

}  // namespace weir_tool

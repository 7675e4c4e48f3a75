#include "options.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

#include "failure.hpp"

namespace log_pipeline {
namespace {

constexpr std::uint64_t most_lines = 1'000'000'000'000;  // a negative number would be taken for a larger one

constexpr const char* what_it_does =
    "Turns NDJSON logs into enriched NDJSON plus a report, on all processors, in bounded memory.\n"
    "Each line is parsed, validated, fingerprinted (SHA-256) and classified; the order of the input is kept.";

constexpr const char* what_it_returns =
    "Exit status: 0; 1 lines were rejected (--strict); 64 usage; 66 an input is missing or unreadable;\n"
    "70 lines in != out + rejected; 71 no port, name, thread or memory to be had; 74 the output cannot be written;\n"
    "130, 143 stopped by SIGINT, SIGTERM.\n"
    "WEIR_TRACE=FILE and WEIR_THREADS=N are understood, too.";

}  // namespace

std::optional<options> parse_command_line(int argc, char** argv) {
  options o;
  o.data_directory = LOG_PIPELINE_DATA_DIRECTORY;
  CLI::App app{what_it_does, "log_pipeline"};
  app.footer(what_it_returns);
  CLI::Option* const files = app.add_option(
      "FILE", o.files, "logs to read, in this order; - is stdin. None: a log that is generated once and kept");
  app.add_option("--listen", o.listen,
                 "HOST:PORT: read lines from TCP clients, each in its order, until a signal comes")
      ->excludes(files);
  app.add_option("--lines", o.lines, "lines of the generated log")
      ->check(CLI::Range(std::uint64_t{0}, most_lines))
      ->capture_default_str();
  app.add_option("--seed", o.seed, "seed of the generated log")->capture_default_str();
  app.add_option("--data-dir", o.data_directory, "where the generated log is kept")->capture_default_str();
  app.add_option(
      "-o,--output", o.output,
      "where the enriched lines go; - is stdout. Default: stdout with FILE or --listen, and the report then goes"
      " to stderr; enriched.ndjson beside the generated log otherwise");
  app.add_option("--json", o.json,
                 "also write the report to this file, for machines; - is stdout, and the table then goes to stderr");
  app.add_option("--trace", o.trace, "record a trace of the run into this file (Chrome's JSON format)");
  app.add_option("--threads", o.threads, "workers. Default: the processors that affinity and cgroups leave us")
      ->check(CLI::Range(1, 1024));
  app.add_flag("--strict", o.strict, "exit with 1 when lines were rejected");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    app.exit(help);
    if (!std::cout.flush()) throw failure::from_errno(bad_output, "cannot write the help to stdout");
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    throw failure{bad_usage, std::string{error.what()} + " (--help shows what is understood)"};
  }
  if (o.output.empty()) o.output = o.files.empty() && o.listen.empty() ? o.data_directory + "/enriched.ndjson" : "-";
  return o;
}

}  // namespace log_pipeline

#include "options.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <limits>
#include <span>
#include <string_view>

#include "failure.hpp"

namespace log_pipeline {
namespace {

constexpr std::uint64_t most_lines = 1'000'000'000'000;  // a negative number would be taken for a larger one

constexpr std::uint64_t most_seed = std::numeric_limits<std::int64_t>::max();  // for the same reason

std::string not_json(const std::string& value) {
  return value.ends_with(".json") ? "a trace is a .wtr file; `weir convert --to chrome` makes JSON of it" : "";
}

std::string not_empty(const std::string& value) { return value.empty() ? "must not be empty" : ""; }

// CLI11 would take the next argument for the value: `--json=$UNSET a.log` would overwrite the log.
void refuse_empty_values(std::span<char* const> arguments) {
  for (const std::string_view argument : arguments) {
    if (argument == "--") return;
    if (argument.starts_with("--") && argument.ends_with('='))
      throw failure{bad_usage, std::string{argument.substr(0, argument.size() - 1)} + ": must not be empty"};
  }
}

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
  CLI::Option* const listen =
      app.add_option("--listen", o.listen,
                     "HOST:PORT: read lines from TCP clients, each in its order, until a signal comes")
          ->check(not_empty)
          ->excludes(files);
  CLI::Option* const lines = app.add_option("--lines", o.lines, "lines of the generated log")
                                 ->check(CLI::Range(std::uint64_t{0}, most_lines))
                                 ->capture_default_str();
  CLI::Option* const seed = app.add_option("--seed", o.seed, "seed of the generated log")
                                ->check(CLI::Range(std::uint64_t{0}, most_seed))
                                ->capture_default_str();
  app.add_option("--data-dir", o.data_directory, "where the generated log is kept")
      ->check(not_empty)
      ->capture_default_str();
  app.add_option(
         "-o,--output", o.output,
         "where the enriched lines go; - is stdout. Default: stdout with FILE or --listen, and the report then goes"
         " to stderr; enriched.ndjson beside the generated log otherwise")
      ->check(not_empty);
  app.add_option("--json", o.json,
                 "also write the report to this file, for machines; - is stdout, and the table then goes to stderr")
      ->check(not_empty);
  app.add_option("--trace", o.trace, "record a trace of the run into this file (.wtr, for the weir command)")
      ->check(not_empty)
      ->check(not_json);
  app.add_option("--threads", o.threads, "workers. Default: the processors that affinity and cgroups leave us")
      ->check(CLI::Range(1, 1024));
  app.add_flag("--strict", o.strict, "exit with 1 when lines were rejected");
  for (CLI::Option* const of_generated : {lines, seed}) of_generated->excludes(files)->excludes(listen);
  refuse_empty_values({argv, static_cast<std::size_t>(argc)});
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

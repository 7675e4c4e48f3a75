#include "options.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>

#include "failure.hpp"

namespace account_sync {
namespace {

constexpr std::size_t most_connections = 3000;  // of a shape, in real time

constexpr const char* what_it_does =
    "Syncs accounts with a partner that it starts itself on 127.0.0.1: the same job in four shapes (serial, "
    "unbounded,\n"
    "bounded by Little's law, fixed batches), side by side. Without options it takes about two minutes: 20,000\n"
    "accounts, and serial on a sample of 100. The full job is --accounts 40000, or --virtual.";

constexpr const char* what_it_returns =
    "Exit status: 0 (also when accounts failed: the report says which and why); 64 usage; 70 accounts are missing in\n"
    "the books; 71 no process, port or memory to be had; 74 the report cannot be written; 130, 143 stopped by SIGINT,\n"
    "SIGTERM: what was done until then is reported. WEIR_THREADS=N is understood, too.";

/// What was given, and what must be made of it when it was not.
struct given {
  CLI::Option *accounts, *limit, *rate, *tail, *descriptors, *failures;
};

using milliseconds = std::chrono::duration<double, std::milli>;

given add_world(CLI::App& app, world& w, double& latency_ms) {
  const std::map<std::string, double> units{{"us", 0.001}, {"ms", 1}, {"s", 1000}};
  given g{};
  g.accounts = app.add_option("--accounts", w.accounts, "accounts. Default: 20000; 40000 with --virtual")
                   ->check(CLI::Range(1, 10'000'000));
  app.add_option("--latency", latency_ms, "of a call on average; 50, 50ms, 0.05s. Default: 50 ms")
      ->transform(CLI::AsNumberWithUnit(units))
      ->check(CLI::Range(0.01, 60'000.0));
  g.tail =
      app.add_option("--tail", w.tail, "the share of it that varies, exponentially. Default: 0.2; 0 with --virtual")
          ->check(CLI::Range(0.0, 0.9));
  g.rate = app.add_option("--rate", w.rate,
                          "calls a second that the partner promises; 429 above 10 more. Default: 600, or what the limit"
                          " needs")
               ->check(CLI::Range(1, 1'000'000));
  g.limit = app.add_option("--limit", w.limit, "calls in flight. Default: by Little's law, rate times latency")
                ->check(CLI::Range(1, 1'000'000));
  g.descriptors = app.add_option("--descriptors", w.descriptors,
                                 "file descriptors that a shape may have. Default: 256, or the limit and 100")
                      ->check(CLI::Range(64, 4000));
  g.failures = app.add_option("--failures", w.failures, "accounts that the partner refuses")->capture_default_str();
  app.add_option("--seed", w.seed, "of which these are, of the latencies and of the waits")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1} << 62))
      ->capture_default_str();
  return g;
}

/// The numbers that follow from others.
void complete(options& o, const given& g, double latency_ms) {
  world& w = o.in;
  if (g.accounts->empty() && !o.in_virtual_time) w.accounts = 20'000;
  if (g.tail->empty()) w.tail = o.in_virtual_time ? 0 : 0.2;
  w.latency = std::chrono::round<std::chrono::nanoseconds>(milliseconds{latency_ms});
  if (g.limit->empty())
    w.limit = weir::littles_limit(weir::rate{w.rate}, w.latency);
  else if (g.rate->empty())
    w.rate = static_cast<std::uint64_t>(std::ceil(static_cast<double>(w.limit) * 1000 / latency_ms));
  if (g.descriptors->empty()) w.descriptors = std::max<std::size_t>(256, w.limit + 100);
  if (g.failures->empty()) w.failures = std::min(w.failures, w.accounts);
}

void check(const options& o) {
  const world& w = o.in;
  if (!o.in_virtual_time && w.limit > most_connections)
    throw failure{bad_usage,
                  "--limit: more than " + std::to_string(most_connections) + " calls at once; see --virtual"};
  if (w.descriptors < w.limit + 32)
    throw failure{bad_usage, "--descriptors: " + std::to_string(w.limit) + " calls in flight need " +
                                 std::to_string(w.limit + 32)};
  if (w.failures > w.accounts) throw failure{bad_usage, "--failures: there are not so many accounts"};
}

std::vector<shape> named(const std::vector<std::string>& names) {
  std::vector<shape> all;
  for (const shape s : shapes)
    if (names.empty() || std::find(names.begin(), names.end(), name_of(s)) != names.end()) all.push_back(s);
  return all;
}

}  // namespace

std::size_t options::accounts_of(shape s) const noexcept {
  return s == shape::serial && !in_virtual_time ? std::min(sample, in.accounts) : in.accounts;
}

std::optional<options> parse_command_line(int argc, char** argv) {
  options o;
  double latency_ms = 50;
  std::vector<std::string> names;
  CLI::App app{what_it_does, "account_sync"};
  app.footer(what_it_returns);
  app.add_flag("--virtual", o.in_virtual_time,
               "in virtual time, on testing::manual_runtime: exact, in seconds; serial too is run to its end");
  const given g = add_world(app, o.in, latency_ms);
  app.add_option("--sample", o.sample, "accounts that serial really calls; it is extrapolated from them")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  app.add_option("--shape", names, "only this one: serial, unbounded, bounded, batches; may be repeated")
      ->check(CLI::IsMember(std::vector<std::string>{"serial", "unbounded", "bounded", "batches"}));
  app.add_flag("--restart", o.restart, "the partner restarts when half of the accounts are done, and is away for 1 s");
  app.add_option("--json", o.json, "also write the figures to this file; - is stdout, and the table goes to stderr");
  try {
    app.parse(argc, argv);
    complete(o, g, latency_ms);
    check(o);
  } catch (const CLI::CallForHelp& help) {
    app.exit(help);
    if (!std::cout.flush()) throw failure::from_errno(bad_output, "cannot write the help to stdout");
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    throw failure{bad_usage, std::string{error.what()} + " (--help shows what is understood)"};
  }
  o.run = named(names);
  return o;
}

}  // namespace account_sync

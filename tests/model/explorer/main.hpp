// explorer/main.hpp - the command line of a model program.
//
//   (nothing)             every scenario must be complete and without failure
//   --expect-failure      a mutant: some scenario must fail
//   --orders              weakens every order of the protocol in turn; prints those that no scenario needs
//   --only TEXT           only scenarios whose name contains TEXT
//   --preemptions N       another bound, for nightly runs
#pragma once

#include <chrono>
#include <cstdlib>
#include <string_view>

namespace weir::inline v0::model {

struct command_line {
  bool expect_failure = false, orders = false;
  std::string_view only;
  int preemptions = -1;

  command_line(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
      const std::string_view a = argv[i];
      if (a == "--expect-failure") expect_failure = true;
      if (a == "--orders") orders = true;
      if (a == "--only" && i + 1 < argc) only = argv[++i];
      if (a == "--preemptions" && i + 1 < argc) preemptions = std::atoi(argv[++i]);
    }
  }
  [[nodiscard]] bool wants(const scenario& s) const {
    return std::string_view{s.name}.find(only) != std::string_view::npos;
  }
  [[nodiscard]] options adjust(options o) const {
    if (preemptions >= 0) o.preemptions = static_cast<unsigned>(preemptions);
    return o;
  }
};

inline std::string to_text(const mutation& m) {
  static constexpr const char* orders[] = {"relaxed", "consume", "acquire", "release", "acq_rel", "seq_cst"};
  static constexpr const char* kinds[] = {"load", "store", "rmw", "failed CAS", "light fence", "heavy fence"};
  const auto slash = m.file.rfind('/');
  std::string text = m.file.substr(slash == std::string::npos ? 0 : slash + 1) + ":" + std::to_string(m.line) + " " +
                     kinds[static_cast<int>(m.kind)];
  if (m.kind == access::light_fence || m.kind == access::heavy_fence) return text + " removed";
  return text + " " + orders[static_cast<int>(m.from)] + " -> " + orders[static_cast<int>(m.to)];
}

/// Runs the scenarios; the number of those that were not complete and clean.
inline int run_all(const command_line& c, const std::vector<scenario>& all) {
  int bad = 0;
  for (const scenario& s : all) {
    if (!c.wants(s)) continue;
    const options o = c.adjust(s.how);
    const auto start = std::chrono::steady_clock::now();
    const result r = check(o, s.body, c.expect_failure);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const bool good = r.complete && r.failure.empty();
    const char* const verdict = good ? "complete" : r.failure.empty() ? "CAPPED, not exhaustive" : "FAILED";
    const std::string stale = o.stale == unlimited ? "" : "  stale " + std::to_string(o.stale);
    std::printf("%-8s  %-68s  pb %u%s  %9llu executions  pruned 0  %5.2f s\n", verdict, s.name, o.preemptions,
                stale.c_str(), static_cast<unsigned long long>(r.executions), seconds);
    if (!r.failure.empty()) std::printf("          %s\n", r.failure.c_str());
    std::fflush(stdout);
    bad += good ? 0 : 1;
    if (c.expect_failure && !r.failure.empty()) break;
  }
  return bad;
}

inline int mutate_orders(const command_line& c, const std::vector<scenario>& all) {
  mutations.active = mutations.collecting = true;
  for (const scenario& s : all)
    if (c.wants(s)) check(c.adjust(s.how), s.body, true);
  mutations.collecting = false;
  int survivors = 0;
  for (const mutation& m : mutations.found) {
    mutations.applied = &m;
    bool caught = false;
    for (const scenario& s : all) {
      if (caught || !c.wants(s)) continue;
      caught = !check(c.adjust(s.how), s.body, true).failure.empty();
    }
    std::printf("%-9s %s\n", caught ? "caught" : "SURVIVES", to_text(m).c_str());
    std::fflush(stdout);
    survivors += caught ? 0 : 1;
  }
  std::printf("%zu mutations, %d survive\n", mutations.found.size(), survivors);
  return 0;
}

inline int main(int argc, char** argv, const std::vector<scenario>& all) {
  const command_line c{argc, argv};
  if (c.orders) return mutate_orders(c, all);
  const int bad = run_all(c, all);
  if (c.expect_failure) {
    std::puts(bad != 0 ? "the mutant was caught" : "THE MUTANT SURVIVES");
    return bad != 0 ? 0 : 1;
  }
  return bad == 0 ? 0 : 1;
}

}  // namespace weir::inline v0::model

// explorer/main.hpp - the command line of a model program.
//
//   (nothing)             every scenario must be complete and without failure
//   --expect-failure      a mutant: some scenario must fail
//   --list-orders         prints every weakening of an order that the scenarios come by, one a line
//   --weaken PLACE        the same scenarios with one of these in force: status 1 when one fails (caught), 0: survives
//   --orders              all of them in turn
//   --only TEXT           only scenarios whose name contains TEXT
//   --preemptions N       another bound, for nightly runs
//   --at-most N           a lower bound where the scenario's own is higher
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string_view>

namespace weir::inline v0::model {

struct command_line {
  bool expect_failure = false, orders = false, list_orders = false;
  std::string_view only, weaken;
  int preemptions = -1;
  unsigned at_most = ~0U;

  command_line(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
      const std::string_view a = argv[i];
      if (a == "--expect-failure") expect_failure = true;
      if (a == "--orders") orders = true;
      if (a == "--list-orders") list_orders = true;
      if (a == "--weaken" && i + 1 < argc) weaken = argv[++i];
      if (a == "--only" && i + 1 < argc) only = argv[++i];
      if (a == "--preemptions" && i + 1 < argc) preemptions = std::atoi(argv[++i]);
      if (a == "--at-most" && i + 1 < argc) at_most = static_cast<unsigned>(std::atoi(argv[++i]));
    }
  }
  [[nodiscard]] bool wants(const scenario& s) const {
    return std::string_view{s.name}.find(only) != std::string_view::npos;
  }
  [[nodiscard]] options adjust(options o) const {
    if (preemptions >= 0) o.preemptions = static_cast<unsigned>(preemptions);
    o.preemptions = std::min(o.preemptions, at_most);
    return o;
  }
};

inline constexpr const char* order_names[] = {"relaxed", "consume", "acquire", "release", "acq_rel", "seq_cst"};
inline constexpr const char* kind_names[] = {"load", "store", "rmw", "failed CAS", "light fence", "heavy fence"};

inline std::string to_text(const mutation& m) {
  const std::string text = m.file + ":" + std::to_string(m.line) + ":" + std::to_string(m.column) + " " +
                           kind_names[static_cast<int>(m.kind)];
  if (m.kind == access::light_fence || m.kind == access::heavy_fence) return text + " removed";
  return text + " " + order_names[static_cast<int>(m.from)] + " -> " + order_names[static_cast<int>(m.to)];
}

/// The mutation that to_text() printed: the place before it, and the one of all whose text is the same.
inline mutation from_text(std::string_view text) {
  mutation m;
  const auto column = text.find(' '), before_column = text.rfind(':', column),
             before_line = text.rfind(':', before_column - 1);
  m.file = text.substr(0, before_line);
  m.line = static_cast<unsigned>(std::atoi(text.data() + before_line + 1));
  m.column = static_cast<unsigned>(std::atoi(text.data() + before_column + 1));
  for (int kind = 0; kind < 6; ++kind)
    for (int from = 0; from < 6; ++from)
      for (int to = 0; to < 6; ++to) {
        m.kind = static_cast<access>(kind);
        m.from = static_cast<order>(from);
        m.to = static_cast<order>(to);
        const bool fence = m.kind == access::light_fence || m.kind == access::heavy_fence;
        if (fence) m.from = order::seq_cst, m.to = order::relaxed;
        if (to_text(m) == text) return m;
      }
  std::printf("no such weakening: %.*s\n", static_cast<int>(text.size()), text.data());
  std::exit(2);
}

/// Every bound of a search, in words.
inline std::string bounds(const options& o) {
  const std::string stale = o.stale == unlimited ? "all" : std::to_string(o.stale);
  return "pb " + std::to_string(o.preemptions) + "  stale " + stale + "  timeouts " + std::to_string(o.timeouts) +
         "  spurious " + std::to_string(o.spurious) + (o.stop_forever ? "  stops 1" : "");
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
    const char* const verdict = good                 ? "complete"
                                : !r.failure.empty() ? "FAILED"
                                : r.pruned != 0      ? "PRUNED, not exhaustive"
                                                     : "CAPPED, not exhaustive";
    std::printf("%-8s  %-68s  %-48s  %9llu executions  pruned %llu  %5.2f s\n", verdict, s.name, bounds(o).c_str(),
                static_cast<unsigned long long>(r.executions), static_cast<unsigned long long>(r.pruned), seconds);
    if (!r.failure.empty()) std::printf("          %s\n", r.failure.c_str());
    std::fflush(stdout);
    bad += good ? 0 : 1;
    if (c.expect_failure && !r.failure.empty()) break;
  }
  return bad;
}

/// Where the scenarios name orders.
inline void collect_orders(const command_line& c, const std::vector<scenario>& all) {
  mutations.active = mutations.collecting = true;
  for (const scenario& s : all)
    if (c.wants(s)) check(c.adjust(s.how), s.body, true);
  mutations.collecting = false;
}

inline bool caught(const command_line& c, const std::vector<scenario>& all, const mutation& m) {
  mutations.applied = &m;
  for (const scenario& s : all)
    if (c.wants(s) && !check(c.adjust(s.how), s.body, true).failure.empty()) return true;
  return false;
}

inline int mutate_orders(const command_line& c, const std::vector<scenario>& all) {
  if (!c.weaken.empty()) {
    const mutation m = from_text(c.weaken);
    mutations.active = true;
    const bool found = caught(c, all, m);
    std::printf("%-9s %s\n", found ? "caught" : "SURVIVES", to_text(m).c_str());
    return found ? 1 : 0;
  }
  collect_orders(c, all);
  std::size_t survivors = 0;
  for (const mutation& m : mutations.found) {
    if (c.list_orders) {
      std::puts(to_text(m).c_str());
      continue;
    }
    const bool found = caught(c, all, m);
    std::printf("%-9s %s\n", found ? "caught" : "SURVIVES", to_text(m).c_str());
    std::fflush(stdout);
    survivors += found ? 0 : 1;
  }
  if (c.orders) std::printf("%zu mutations, %zu survive\n", mutations.found.size(), survivors);
  return 0;
}

inline int main(int argc, char** argv, const std::vector<scenario>& all) {
  const command_line c{argc, argv};
  if (c.orders || c.list_orders || !c.weaken.empty()) return mutate_orders(c, all);
  const int bad = run_all(c, all);
  if (c.expect_failure) {
    std::puts(bad != 0 ? "the mutant was caught" : "THE MUTANT SURVIVES");
    return bad != 0 ? 0 : 1;
  }
  return bad == 0 ? 0 : 1;
}

}  // namespace weir::inline v0::model

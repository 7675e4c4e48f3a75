#include "report.hpp"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <string>

namespace account_sync {
namespace {

double seconds(std::chrono::nanoseconds t) { return std::chrono::duration<double>(t).count(); }
double mib(std::uint64_t bytes) { return static_cast<double>(bytes) / (1024.0 * 1024.0); }

void print_world(const options& o, std::FILE* to) {
  const world& w = o.in;
  std::fprintf(to, "%zu accounts, %zu of them refused; %g ms a call", w.accounts, w.failures, 1e3 * seconds(w.latency));
  if (w.tail != 0) std::fprintf(to, " (a tail of %g %%)", 100 * w.tail);
  std::fprintf(to, "; the partner carries %" PRIu64 "/s, 429 above %" PRIu64 "/s", w.rate, w.capacity().count());
  std::fprintf(to, "\nlimit %zu; %zu descriptors; seed %" PRIu64 "; ", w.limit, w.descriptors, w.seed);
  std::fprintf(to, "%s\n\n", o.in_virtual_time ? "virtual time, no sockets" : "real time, TCP on 127.0.0.1");
}

std::string recovery(const outcome& out) {
  if (!out.restarted) return "-";
  if (!out.kept.recovery) return "never";
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", seconds(*out.kept.recovery));
  return text;
}

/// What all accounts would take: the calls that were made, without the outage, as often as needed, and the
/// outage.
double extrapolated(const outcome& out, std::size_t accounts) {
  const double outage = seconds(out.kept.outage.value_or(std::chrono::nanoseconds{}));
  const double calls = static_cast<double>(out.accounts);
  return (seconds(out.kept.wall) - outage) / calls * static_cast<double>(accounts) + outage;
}

void print_row(const options& o, const outcome& out, std::FILE* to) {
  const bool sampled = out.accounts < o.in.accounts && out.stopped_by == 0;
  const double wall = sampled ? extrapolated(out, o.in.accounts) : seconds(out.kept.wall);
  const double promised = seconds(predicted(out.what, o.in, o.in.accounts));
  std::fprintf(to, "%-10s %8zu %11.3f%c %11.3f %9zu %9.1f %9.1f %9" PRIu64 " %9zu %10s\n", name_of(out.what),
               out.kept.settled(), wall, sampled ? '*' : ' ', promised, out.kept.peak_in_flight,
               mib(out.peak_rss_bytes), mib(out.peak_rss_bytes - out.idle_rss_bytes), out.kept.rejected_429,
               out.kept.failed.total(), recovery(out).c_str());
}

void print_refused(const outcome& out, std::FILE* to) {
  if (out.kept.failed.refused == 0) return;
  std::array<std::size_t, books::most_named> ids = out.kept.refused_ids;
  const std::size_t named = std::min(out.kept.failed.refused, ids.size());
  std::sort(ids.begin(), ids.begin() + named);
  std::fprintf(to, "%s: refused:", name_of(out.what));
  for (std::size_t i = 0; i < named; ++i) std::fprintf(to, " %zu", ids[i]);
  std::fprintf(to, named < out.kept.failed.refused ? " and more\n" : "\n");
}

void print_remarks(const options& o, const outcome& out, std::FILE* to) {
  const failed_accounts& f = out.kept.failed;
  if (out.stopped_by != 0) {
    std::fprintf(to, "%s: stopped by signal %d after %zu of %zu accounts\n", name_of(out.what), out.stopped_by,
                 out.kept.settled(), out.accounts);
  } else if (out.accounts < o.in.accounts) {
    std::fprintf(to, "* %s: extrapolated from %zu calls that took %.3f s\n", name_of(out.what), out.accounts,
                 seconds(out.kept.wall));
  }
  print_refused(out, to);
  if (out.kept.no_descriptor != 0)
    std::fprintf(to, "%s: ran out of descriptors (EMFILE) %" PRIu64 " times\n", name_of(out.what),
                 out.kept.no_descriptor);
  if (out.uncancellable != 0)
    std::fprintf(to, "%s: %" PRIu64 " calls got no turn for more than a second after their time was over\n",
                 name_of(out.what), out.uncancellable);
  if (f.total() != f.refused)
    std::fprintf(to, "%s: failed %zu: %zu refused, %zu without a descriptor, %zu throttled, %zu cut off or timed out\n",
                 name_of(out.what), f.total(), f.refused, f.no_descriptor, f.throttled, f.unreachable);
}

}  // namespace

void print_table(const options& o, const std::vector<outcome>& all, std::FILE* to) {
  print_world(o, to);
  std::fprintf(to, "%-10s %8s %11s  %11s %9s %9s %9s %9s %9s %10s\n", "shape", "calls", "wall s", "predicted s",
               "peak conn", "peak MiB", "grown MiB", "429s", "failed", "recovery s");
  for (const outcome& out : all) print_row(o, out, to);
  for (const outcome& out : all) print_remarks(o, out, to);
}

}  // namespace account_sync

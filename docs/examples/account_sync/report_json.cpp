// report_json.cpp - the figures for machines.
#include <cinttypes>

#include "report.hpp"

namespace account_sync {
namespace {

std::string seconds(std::optional<std::chrono::nanoseconds> t) {
  if (!t) return "null";
  char text[40];
  std::snprintf(text, sizeof text, "%.9g", std::chrono::duration<double>(*t).count());
  return text;
}

std::string object(const outcome& out) {
  char text[400];
  std::snprintf(text, sizeof text,
                R"({"shape": "%s", "calls": %zu, "wall_s": %s, "predicted_s": %s, "peak_in_flight": %zu, )"
                R"("peak_rss_bytes": %)" PRIu64 R"(, "rejected_429": %)" PRIu64 R"(, "failed_reported": %zu, )"
                R"("recovery_s": %s})",
                name_of(out.what), out.kept.settled(), seconds(out.kept.wall).c_str(), seconds(out.predicted).c_str(),
                out.kept.peak_in_flight, out.peak_rss_bytes, out.kept.rejected_429, out.kept.failed.total(),
                seconds(out.kept.recovery).c_str());
  return text;
}

}  // namespace

std::string to_json(const std::vector<outcome>& all) {
  std::string text = "[";
  for (const outcome& out : all) text += (text.size() == 1 ? "\n" : ",\n") + object(out);
  return text + "\n]\n";
}

}  // namespace account_sync

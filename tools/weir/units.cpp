#include "units.hpp"

#include <fmt/format.h>

#include <cmath>

namespace weir_tool {

std::string duration(double ns) {
  const double v = std::abs(ns);
  if (v < 1e3) return fmt::format("{:.0f} ns", ns);
  if (v < 1e6) return fmt::format("{:.3g} us", ns / 1e3);
  if (v < 1e9) return fmt::format("{:.3g} ms", ns / 1e6);
  return fmt::format("{:.4g} s", ns / 1e9);
}

std::string duration(std::int64_t ns) { return duration(static_cast<double>(ns)); }

std::string grouped(std::uint64_t n) {
  std::string text = std::to_string(n);
  for (std::size_t at = text.size(); at > 3; text.insert(at, ",")) at -= 3;
  return text;
}

std::string place(const site& s) {
  if (s.file.empty()) return {};
  const auto slash = s.file.rfind('/');
  const std::string name = slash == std::string::npos ? s.file : s.file.substr(slash + 1);
  return s.line == 0 ? name : name + ':' + std::to_string(s.line);
}

std::string place(const trace_file& trace, std::uint32_t site) {
  const auto found = trace.sites.find(site);
  return found == trace.sites.end() ? std::string{} : place(found->second);
}

std::string site_name(const trace_file& trace, std::uint32_t site) {
  const auto found = trace.sites.find(site);
  if (site == 0) return "(no site)";
  if (found == trace.sites.end()) return "(site " + std::to_string(site) + ')';
  return found->second.name.empty() ? place(found->second) : found->second.name;
}

std::string title(const trace_file& trace, std::uint32_t site) {
  const std::string name = site_name(trace, site);
  const std::string where = place(trace, site);
  return where.empty() || where == name ? name : name + " (" + where + ')';
}

}  // namespace weir_tool

#include "convert/csv.hpp"

#include <fmt/format.h>

#include <string>

#include "units.hpp"

namespace weir_tool {
namespace {

/// As RFC 4180 wants it.
std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string{"\"\""} : std::string{c};
  return out + '"';
}

}  // namespace

csv_writer::csv_writer(const trace_file& trace, output_file& out) : trace_{trace}, out_{out} {
  out_.write("time_ns,thread,thread_name,type,flags,id,arg,name,place\n");
}

void csv_writer::see(const moment& m) {
  const auto thread = trace_.threads.find(m.thread);
  const auto site = trace_.sites.find(m.site);
  const bool sited = m.site != 0 && site != trace_.sites.end();
  out_.write(fmt::format("{},{},{},{},{},{:#x},{},{},{}\n", m.at, m.thread,
                         thread == trace_.threads.end() ? "" : cell(thread->second.name), name_of(m.what), m.flags,
                         m.id, m.arg, sited ? cell(site->second.name) : "", sited ? cell(place(site->second)) : ""));
}

}  // namespace weir_tool

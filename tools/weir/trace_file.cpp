#include "trace_file.hpp"

#include <cstddef>
#include <cstring>

#include "failure.hpp"
#include "trace/crc32.hpp"

namespace weir_tool {
namespace {

constexpr std::size_t most_damages = 100;

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw failure{invalid_trace, path + ": not a trace that can be read: " + why};
}

void read_header(const std::string& path, trace_file& trace, read_options options) {
  format::file_header& h = trace.header;
  const std::size_t got = trace.in.read(0, &h, sizeof h);
  if (got < h.magic.size() || h.magic != format::file_magic) refuse(path, "it does not begin with \\x89WTR");
  if (got < sizeof h) refuse(path, "its header is cut off after " + std::to_string(got) + " of 128 bytes");
  if (h.endian != format::endian_mark) refuse(path, "another byte order");
  if (options.check_crc && format::crc32(&h, offsetof(format::file_header, crc)) != h.crc)
    refuse(path, "the checksum of its header is wrong");
  if (h.major != format::version_major)
    refuse(path, "version " + std::to_string(h.major) + "; this command knows version " +
                     std::to_string(format::version_major));
  if (h.event_bytes != sizeof(format::event_record)) refuse(path, "events are not 32 bytes long");
  if (h.header_bytes < sizeof h) refuse(path, "header_bytes is below 128");
}

}  // namespace

void trace_file::damaged(std::uint64_t offset, std::string what) {
  if (++damage_count <= most_damages) damages.push_back({offset, std::move(what)});
}

std::string text_of(const char* data, std::size_t bytes) { return {data, ::strnlen(data, bytes)}; }

trace_file open_trace(const std::string& path, read_options options) {
  trace_file trace{path};
  read_header(path, trace, options);
  trace.syncs.push_back(trace.header.start);
  switch (trace.header.kind) {
    case format::file_kind::stream:
      index_stream(trace, options);
      break;
    case format::file_kind::rings:
      index_rings(trace);
      break;
    default:
      refuse(path, "kind " + std::to_string(static_cast<unsigned>(trace.header.kind)) + " is neither stream nor rings");
  }
  return trace;
}

}  // namespace weir_tool

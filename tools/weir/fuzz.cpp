// A libFuzzer target: whatever the bytes are, the command reads them without harm: index, merge, laws, timeline.
//
// Checksums are not looked at, so that the fuzzer gets past them. A flight recorder's file is a megabyte of tables that
// are mostly empty: of such an input the first 256 bytes are the header and the counts, the next 256 the table of
// rings, the next 512 two sites, and the rest the rings.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "check/laws.hpp"
#include "convert/formats.hpp"
#include "convert/timeline.hpp"
#include "failure.hpp"
#include "merge.hpp"
#include "trace_file.hpp"

namespace {

namespace format = weir::tracing;

class file_of {
 public:
  explicit file_of(std::string_view bytes) : fd_{::memfd_create("fuzz", MFD_CLOEXEC)} {
    format::file_kind kind{};
    if (bytes.size() >= 20) std::copy_n(bytes.data() + 16, sizeof kind, reinterpret_cast<char*>(&kind));
    if (kind != format::file_kind::rings) {
      put(0, bytes);
      return;
    }
    put(0, bytes.substr(0, 256));
    put(format::rings_offset, part(bytes, 256, 256));
    put(format::sites_offset, part(bytes, 512, 512));
    put(format::first_ring_offset, part(bytes, 1024, bytes.size()));
  }
  file_of(const file_of&) = delete;
  file_of& operator=(const file_of&) = delete;
  ~file_of() { ::close(fd_); }
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  static std::string_view part(std::string_view bytes, std::size_t from, std::size_t size) {
    return bytes.substr(std::min(from, bytes.size()), size);
  }
  void put(std::size_t at, std::string_view bytes) const {
    if (::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at)) != static_cast<ssize_t>(bytes.size()))
      std::abort();
  }
  int fd_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const file_of file{{reinterpret_cast<const char*>(data), size}};
  try {
    const weir_tool::trace_file trace = weir_tool::open_trace(file.path(), {.check_crc = false});
    weir_tool::output_file out{"/dev/null", file.path()};
    const auto sink = make_perfetto_sink(trace, out);
    weir_tool::timeline timeline{trace, *sink};
    weir_tool::laws laws;
    weir_tool::merge all{trace};
    std::int64_t last = INT64_MIN;
    for (weir_tool::moment m; all.next(m);) {
      if (m.at < last) std::abort();
      last = m.at;
      timeline.see(m);
      laws.see(m);
    }
    timeline.finish();
    laws.finish(last);
  } catch (const weir_tool::failure&) {  // refused, with a reason
  }
  return 0;
}

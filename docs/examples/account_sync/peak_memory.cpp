#include "peak_memory.hpp"

#include <sys/resource.h>

namespace account_sync {

std::uint64_t peak_rss_bytes() noexcept {
  rusage r{};
  ::getrusage(RUSAGE_SELF, &r);
  return static_cast<std::uint64_t>(r.ru_maxrss) * 1024;
}

}  // namespace account_sync

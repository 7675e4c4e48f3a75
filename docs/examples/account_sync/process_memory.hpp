// process_memory.hpp - this process's memory as the kernel counts it.
#pragma once

#include <cstdint>

namespace account_sync {

struct process_memory {
  std::uint64_t rss_bytes = 0, peak_rss_bytes = 0;
};

[[nodiscard]] process_memory memory_now();

}  // namespace account_sync

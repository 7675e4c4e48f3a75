// process_usage.hpp - what this process has used so far, as the kernel counts it.
#pragma once

#include <cstdint>

namespace log_pipeline {

struct process_usage {
  double cpu_s;                  ///< user and system time of all threads
  std::uint64_t rss_bytes;       ///< memory in use now
  std::uint64_t peak_rss_bytes;  ///< the most since the start of the process
};

[[nodiscard]] process_usage usage_now();

}  // namespace log_pipeline

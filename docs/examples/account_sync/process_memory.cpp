#include "process_memory.hpp"

#include <fstream>
#include <string>

namespace account_sync {

process_memory memory_now() {
  process_memory now;
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);) {
    const auto bytes = [&] { return std::stoull(line.substr(line.find(':') + 1)) * 1024; };
    if (line.starts_with("VmRSS:")) now.rss_bytes = bytes();
    if (line.starts_with("VmHWM:")) now.peak_rss_bytes = bytes();
  }
  return now;
}

}  // namespace account_sync

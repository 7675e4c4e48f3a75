#include "process_usage.hpp"

#include <sys/resource.h>

#include <fstream>
#include <string>

namespace log_pipeline {
namespace {

double seconds(const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; }

}  // namespace

process_usage usage_now() {
  process_usage now{};
  rusage r{};
  ::getrusage(RUSAGE_SELF, &r);
  now.cpu_s = seconds(r.ru_utime) + seconds(r.ru_stime);

  std::ifstream status{"/proc/self/status"};
  std::string line;
  while (std::getline(status, line)) {
    const auto kib = [&] { return std::stoull(line.substr(line.find(':') + 1)) * 1024; };
    if (line.starts_with("VmRSS:")) now.rss_bytes = kib();
    if (line.starts_with("VmHWM:")) now.peak_rss_bytes = kib();
  }
  return now;
}

}  // namespace log_pipeline

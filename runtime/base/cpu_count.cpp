#include "base/cpu_count.hpp"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <thread>

#include "base/cgroup.hpp"

namespace weir::inline v0::base {
namespace {

std::optional<long long> to_number(const std::string& text) {
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

std::optional<double> quota(const std::string& allowed, const std::string& period) {
  const auto a = to_number(allowed);  // v2 "max" is no number, v1 -1 is not positive: no limit
  const auto p = to_number(period);
  if (!a || !p || *a <= 0 || *p <= 0) return {};
  return static_cast<double>(*a) / static_cast<double>(*p);
}

std::optional<double> read_quota(const std::string& root, const cgroup_directory& dir) {
  std::string allowed;
  std::string period;
  if (dir.version == cgroup_version::v2) {
    std::ifstream{root + dir.path + "/cpu.max"} >> allowed >> period;
  } else {
    std::ifstream{root + dir.path + "/cpu.cfs_quota_us"} >> allowed;
    std::ifstream{root + dir.path + "/cpu.cfs_period_us"} >> period;
  }
  return quota(allowed, period);
}

}  // namespace

unsigned affinity_cpus() noexcept {
  for (int cpus = 1024; cpus <= 1 << 20; cpus *= 2) {  // the kernel refuses masks smaller than its own
    const std::unique_ptr<cpu_set_t, void (*)(cpu_set_t*)> set{CPU_ALLOC(static_cast<std::size_t>(cpus)),
                                                               [](cpu_set_t* s) { CPU_FREE(s); }};
    const std::size_t size = CPU_ALLOC_SIZE(static_cast<std::size_t>(cpus));
    if (!set) break;
    if (sched_getaffinity(0, size, set.get()) == 0)
      return static_cast<unsigned>(std::max(1, CPU_COUNT_S(size, set.get())));
  }
  return std::max(1U, std::thread::hardware_concurrency());
}

std::optional<double> cgroup_cpus(const std::string& root) {
  std::optional<double> least;
  for (const cgroup_directory& dir : cgroup_directories(root))
    if (const auto here = read_quota(root, dir)) least = least ? std::min(*least, *here) : *here;
  return least;
}

unsigned usable_cpus(const std::string& root) {
  const unsigned affinity = affinity_cpus();
  const std::optional<double> limit = cgroup_cpus(root);
  if (!limit || *limit >= affinity) return affinity;
  return std::max(1U, static_cast<unsigned>(*limit));
}

unsigned parse_thread_count(std::string_view value) {
  unsigned count = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), count);
  if (error != std::errc{} || end != value.data() + value.size() || count < 1 || count > most_threads)
    throw std::invalid_argument{"weir: WEIR_THREADS must be a number from 1 to " + std::to_string(most_threads) +
                                ", not \"" + std::string{value} + "\""};
  return count;
}

unsigned default_thread_count(const std::string& root) {
  const char* value = std::getenv("WEIR_THREADS");
  return value != nullptr && *value != '\0' ? parse_thread_count(value) : usable_cpus(root);
}

}  // namespace weir::inline v0::base

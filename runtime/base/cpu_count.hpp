// base/cpu_count.hpp - how many processors this process may really use.                       [floor: base]
//
// The least of the affinity mask and the CPU quota of every cgroup from ours up to the top that is visible (v2
// cpu.max, v1 cpu.cfs_quota_us; containers often limit an ancestor, not the leaf). Quotas are rounded down, because
// half a processor's worth of extra threads only gets the others throttled; at least 1. WEIR_THREADS overrides.
// What cannot be read does not limit.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir::inline v0::base {

/// The most workers that a runtime can be asked for. Creating them is proven once, all at the same time, before TBB is
/// trusted with it: 1024 take about half a second.
inline constexpr unsigned most_threads = 1024;

/// Processors in the calling thread's affinity mask; at least 1.
[[nodiscard]] unsigned affinity_cpus() noexcept;

/// The least CPU quota of our cgroups, in processors (1.5: one and a half); empty without one.
/// `root` is put before every path that is read: tests give a tree of their own.
[[nodiscard]] std::optional<double> cgroup_cpus(const std::string& root = {});

/// min(affinity, quota rounded down), at least 1.
[[nodiscard]] unsigned usable_cpus(const std::string& root = {});

/// The value of WEIR_THREADS as a count.
/// Errors    std::invalid_argument, naming WEIR_THREADS and the value, unless it is a decimal number in [1,
/// most_threads]
[[nodiscard]] unsigned parse_thread_count(std::string_view value);

/// The number of workers a runtime has when its options do not say: WEIR_THREADS when set and not empty, else
/// usable_cpus(). Errors: as parse_thread_count. Cost: reads a few files of /proc and /sys; for construction only.
[[nodiscard]] unsigned default_thread_count(const std::string& root = {});

}  // namespace weir::inline v0::base

// weir/detail/trace.hpp - the one hook that every floor above sync calls.                     [floor: trace]
//
// Off: a relaxed load, a test and a branch. On: one 32-byte event in the calling thread's own ring (trace/ring.hpp);
// no lock, no allocation (a thread's first event makes its ring), no system call.
#pragma once

#include <atomic>
#include <cstdint>

#include <weir/detail/trace_event.hpp>

namespace weir::inline v0::detail {

/// Which categories are recorded; 0: nothing is.
inline constinit std::atomic<std::uint32_t> trace_mask{0};

/// Where in the program. Both texts have static storage duration, as std::source_location's have; null: not known.
struct trace_site {
  const char* name = nullptr;
  const char* file = nullptr;
  std::uint32_t line = 0;
};

/// A flag that is not recorded: the event belongs to a root that is not sampled, so only who runs is noted.
inline constexpr unsigned trace_muted = 0x10000;

void trace_record(event what, unsigned flags, std::uint64_t id, std::uint64_t arg, const trace_site& site) noexcept;

/// What runs on this thread, as far as it was recorded.
struct trace_running {
  std::uint64_t id;  ///< 0: nothing that is known
  bool muted;
};
[[nodiscard]] trace_running trace_current() noexcept;

/// For a task or job that descends from nothing: is it left out? One root in N is not.
[[nodiscard]] bool trace_mutes_root() noexcept;

/// For hooks that have more to do than to record; cold.
[[nodiscard]] inline bool traced(event what) noexcept {
  return (trace_mask.load(std::memory_order_relaxed) & category_of(what)) != 0;
}

inline void trace(event what, std::uint64_t id, std::uint64_t arg = 0, unsigned flags = 0,
                  const char* name = nullptr) noexcept {
  if (traced(what)) [[unlikely]]
    trace_record(what, flags, id, arg, {name, nullptr, 0});
}

/// Two 32-bit parts of an arg; what does not fit is the largest number.
constexpr std::uint64_t trace_pair(std::uint64_t low, std::uint64_t high) noexcept {
  constexpr std::uint64_t most = 0xFFFFFFFFU;
  return (low < most ? low : most) | (high < most ? high : most) << 32U;
}

inline std::uint64_t trace_id(const void* object) noexcept { return reinterpret_cast<std::uintptr_t>(object); }

}  // namespace weir::inline v0::detail

// event.hpp - one event on its way from the file to the verbs: in time order, with the thread that wrote it.
#pragma once

#include <cstdint>
#include <string>

#include "weir/detail/trace_event.hpp"

namespace weir_tool {

using weir::detail::counter_kind;
using weir::detail::event;
using weir::detail::wait_cause;

struct moment {
  std::int64_t at = 0;  ///< ns since the start of the recording
  event what = event::none;
  std::uint16_t flags = 0;
  std::uint32_t site = 0;
  std::uint64_t id = 0;
  std::uint64_t arg = 0;
  std::uint32_t thread = 0;
  std::uint32_t lane = 0;
};

constexpr std::uint32_t low(std::uint64_t v) { return static_cast<std::uint32_t>(v); }
constexpr std::uint32_t high(std::uint64_t v) { return static_cast<std::uint32_t>(v >> 32U); }

/// END's status of a piece of a bulk, of a fork or of a branch: there was no SPAWN.
inline constexpr std::uint16_t internal_end = 4;

std::string name_of(event what);  ///< as in docs/reference/trace-format.md; type_N: a later version's
const char* name_of(wait_cause cause);
const char* name_of(counter_kind what);

}  // namespace weir_tool

#include "trace/settings.hpp"

#include <sched.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "trace/clock.hpp"
#include "trace/crc32.hpp"

namespace weir::inline v0::tracing {
namespace {

[[noreturn]] void refuse(std::string_view variable, std::string_view text, std::string_view takes) {
  std::string why{"weir: "};
  why.append(variable).append("=").append(text).append(": ").append(takes);
  throw std::invalid_argument{why};
}

std::uint64_t number_of(std::string_view variable, std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size() || n < least || n > most)
    refuse(variable, text, "is no number from " + std::to_string(least) + " to " + std::to_string(most));
  return n;
}

std::string_view variable(const char* name) noexcept {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : std::string_view{};
}

// What one event costs its thread, in picoseconds: the best of some runs into a ring that nobody reads.
std::uint32_t event_cost_ps() {
  constexpr std::uint64_t events = 2048;
  static const std::uint32_t cost = [] {
    alignas(64) static std::array<std::byte, ring::bytes_for(128)> memory{};
    ring scratch{memory.data(), 0, 128, when_full::overwrite};
    std::uint64_t best = UINT64_MAX;
    for (int run = 0; run < 8; ++run) {
      const std::uint64_t begin = monotonic_ns();
      for (std::uint64_t i = 0; i < events; ++i) scratch.write({ticks(), 2, 0, 0, i, i});
      best = std::min(best, monotonic_ns() - begin);
    }
    return static_cast<std::uint32_t>(best * 1000 / events);
  }();
  return cost;
}

}  // namespace

std::uint32_t categories_of(std::string_view text) {
  std::uint32_t mask = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view one = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    if (one == "metrics")
      mask |= detail::trace_category::metrics;
    else if (one == "io")
      mask |= detail::trace_category::io;
    else if (one == "task")
      mask |= detail::trace_category::task;
    else if (one == "all")
      mask |= detail::trace_category::all;
    else
      refuse("WEIR_TRACE_EVENTS", text, "takes metrics, io, task or all, separated by commas");
  }
  return mask;
}

std::uint64_t trigger_of(std::string_view text) {
  constexpr std::string_view takes = "takes lag>N with a unit, us, ms or s; for instance lag>50ms";
  constexpr std::string_view lag = "lag>";
  if (!text.starts_with(lag)) refuse("WEIR_TRACE_TRIGGER", text, takes);
  std::uint64_t n = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data() + lag.size(), last, n);
  const std::string_view unit{end, static_cast<std::size_t>(last - end)};
  const std::uint64_t ns = unit == "us" ? 1'000 : unit == "ms" ? 1'000'000 : unit == "s" ? 1'000'000'000 : 0;
  if (error != std::errc{} || ns == 0 || n > 1'000'000) refuse("WEIR_TRACE_TRIGGER", text, takes);
  return n * ns;
}

settings settings_of_environment() {
  settings s;
  const std::string_view what = variable("WEIR_TRACE");
  if (what.empty()) return s;
  if (what == "flight") {
    s.mode = recorder_mode::flight;
    s.path = variable("WEIR_TRACE_DIR");
  } else if (what == "summary") {
    s.mode = recorder_mode::summary;
  } else if (what.ends_with(".json")) {
    refuse("WEIR_TRACE", what, "traces are .wtr files; `weir convert --to chrome` makes JSON of one");
  } else {
    s.mode = recorder_mode::stream;
    s.path = what;
  }
  if (const auto text = variable("WEIR_TRACE_EVENTS"); !text.empty()) s.mask = categories_of(text);
  if (const auto text = variable("WEIR_TRACE_SAMPLE"); !text.empty())
    s.sample = static_cast<std::uint32_t>(number_of("WEIR_TRACE_SAMPLE", text, 1, 1'000'000'000));
  if (const auto text = variable("WEIR_TRACE_RING"); !text.empty())
    s.ring_bytes = number_of("WEIR_TRACE_RING", text, 4096, std::uint64_t{1} << 30U);
  if (const auto text = variable("WEIR_TRACE_TRIGGER"); !text.empty()) s.lag_ns = trigger_of(text);
  return s;
}

file_header header_for(const settings& s, file_kind kind, const sync_point& start) {
  file_header h;
  h.kind = kind;
  h.mask = s.mask;
  h.sample = s.sample;
  h.pid = static_cast<std::uint32_t>(getpid());
  h.clock = ticks_are_tsc ? clock_kind::tsc : clock_kind::monotonic;
  h.event_cost_ps = event_cost_ps();
  h.start = start;
  const std::string_view program = program_invocation_short_name;
  std::memcpy(h.program.data(), program.data(), std::min(program.size(), h.program.size()));
  cpu_set_t usable;
  if (sched_getaffinity(0, sizeof usable, &usable) == 0) h.processors = static_cast<std::uint32_t>(CPU_COUNT(&usable));
  h.crc = crc32(&h, offsetof(file_header, crc));
  return h;
}

}  // namespace weir::inline v0::tracing

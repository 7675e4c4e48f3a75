// weir/observe.hpp - what there is, by name: every stage, channel, limiter and pool; numbers, levers.  [floor: job]
//
//   std::puts(rt.report().c_str());         // every pipeline, what waits where, and how long until it is full
//   const std::string text = rt.metrics();  // the same as OpenMetrics text
//   set_bound("fetch", 40);                 // of whatever has that name, from now on
//
// What has a bound lists itself while it lives, a pipeline while it runs. The list is the process's: several runtimes
// see the same. Each number is exact at some moment of the call, not all at the same one.
// Threads      everything from any thread.
// Cost         of being listed: two short locks in a thing's life (one of 16, by address) and nothing while it works.
//              Of looking: a copy of the numbers; who is born or dies in the same sixteenth waits for it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/stats.hpp>

namespace weir::inline v0 {

enum class observed_kind : unsigned { stage, channel, limiter, pool };

/// Durations of the same thing, in nanoseconds.
struct duration_stats {
  std::uint64_t p50_ns = 0, p99_ns = 0, max_ns = 0;
};

/// One thing with a bound. What does not apply to its kind is 0 or empty.
struct observation {
  observed_kind kind = observed_kind::stage;
  std::uint64_t id = 0;         ///< later ones are greater; the stages of a pipeline share one
  std::size_t position = 0;     ///< stage: in its pipeline, from 0
  std::string type;             ///< "channel", "map_async", ...
  std::string name;             ///< empty: nobody gave it one
  std::size_t at_once = 0;      ///< stage: calls of its function that it may have under way
  std::size_t capacity = 0;     ///< what it may hold: items, units, objects
  const char* when_full = "";   ///< "waits", "drops the oldest", ...
  const char* awaited_by = "";  ///< stage: "loop", its consumer's own, or "group", that of its pipeline
  std::string outside;          ///< stage: the buffer it reads that is not its own
  bool counted = true;          ///< false: a stage of its consumer's loop, which has no numbers of its own
  std::size_t depth = 0;        ///< held now: in == out + lost + depth (pool: objects in use)
  std::size_t peak = 0;         ///< the most so far
  std::size_t waiting = 0;      ///< who waits to get in
  std::size_t waiting_out = 0;  ///< channel: who waits for an item
  std::uint64_t in = 0;         ///< items accepted, units granted
  std::uint64_t out = 0;        ///< items taken, units given back
  std::uint64_t lost = 0;       ///< accepted and discarded
  std::uint64_t refused = 0;    ///< turned away
  std::uint64_t blocked_in_ns = 0, blocked_out_ns = 0;  ///< channel: senders' and receivers' waits, added up
  duration_stats wait, hold;                            ///< limiter, pool
};

/// All of them at a time of a runtime's clock, and that runtime's own numbers.
struct snapshot {
  std::chrono::steady_clock::time_point at{};
  runtime_stats runtime;
  std::vector<observation> things;  ///< by id, then position

  /// The one with this id and position, if it is there.
  [[nodiscard]] const observation* find(std::uint64_t id, std::size_t position = 0) const noexcept;
};

/// Everything that is listed now.
[[nodiscard]] std::vector<observation> observe();

/// When `now` will be full if it goes on as between two looks, `apart` from each other: none if it does not fill up.
[[nodiscard]] std::optional<std::chrono::nanoseconds> time_to_full(const observation& before, const observation& now,
                                                                   std::chrono::nanoseconds apart) noexcept;

/// Sets the bound of everything of that name: a channel's capacity, a limiter's limit, a pool's size, a stage's calls
/// at once (above its window it has no effect) or its items, the blocking threads of all runtimes
/// ("blocking"). Result: how many things that were.
/// Errors  std::invalid_argument if bound is 0; use a limiter's own set_limit(0) to pause it
std::size_t set_bound(std::string_view name, std::size_t bound);

/// For people: a table of each pipeline, of channels, limiters and pools. Rates and the time until something is full
/// are those since `before`, and missing without it.
[[nodiscard]] std::string to_text(const snapshot& now, const snapshot* before = nullptr);

/// For machines: OpenMetrics 1.0 text, ending with # EOF. Names of metrics begin with weir_.
[[nodiscard]] std::string to_open_metrics(const snapshot& now);

}  // namespace weir::inline v0

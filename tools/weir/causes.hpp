// causes.hpp - which event must come after which, as docs/reference/trace-format.md promises under "Order".
//
// Remembers of each task, operation, timer and group only what tells whether an event's cause has been seen. What lives
// on because its end is lost, or comes never, stays: an entry per address, until that is used again.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>

#include "event.hpp"

namespace weir_tool {

/// Names an event that others wait for: its type, and the id it is about.
struct cause_key {
  event what = event::none;
  std::uint64_t id = 0;
  bool operator==(const cause_key&) const = default;
};

struct cause_hash {
  std::size_t operator()(const cause_key& k) const noexcept {
    return static_cast<std::size_t>((k.id ^ std::uint64_t{static_cast<unsigned>(k.what)} << 56U) * 0x9E3779B97F4A7C15U);
  }
};

class causes {
 public:
  /// What must precede m and has not been seen: any of these. Those that are event::none: nothing.
  [[nodiscard]] std::array<cause_key, 2> missing(const moment& m) const;

  /// m is on its way.
  void passed(const moment& m);

  /// Whether anything waits for events of this kind.
  static bool is_cause(event what);

 private:
  enum class phase : unsigned char { spawned, suspended, woken, running };
  [[nodiscard]] cause_key missing_of_task(const moment& m) const;
  struct life {
    phase now = phase::spawned;
    std::uint32_t lane = 0;  // where it was started
  };
  std::unordered_map<std::uint64_t, life> tasks_;
  std::unordered_set<std::uint64_t> operations_;
  std::unordered_set<std::uint64_t> timers_;
  std::unordered_set<std::uint64_t> groups_;
};

}  // namespace weir_tool

// trace/sites.hpp - small numbers for places in the program, so that an event can name one.    [floor: trace]
//
// A fixed table, keyed by the addresses of the texts and the line. The first sight of a site copies its texts, so a
// file needs neither the pointers nor the library they came from. Entries stay for ever; when the table is full,
// further sites are called "(other)". Finding a known site takes no lock; a new one does, once.
// Protocol   N1 key and texts, under the lock    N2 id of the key, release; count, release  |  D1 either, acquire
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string_view>

#include <weir/detail/trace.hpp>

#include "trace/format.hpp"

namespace weir::inline v0::tracing {

class site_table {
 public:
  static constexpr std::uint32_t none = 0;
  static constexpr std::uint32_t other = 1;

  constexpr site_table() noexcept = default;

  /// The number of a site; `none` when it says nothing.
  std::uint32_t id_of(const detail::trace_site& site, site_kind kind) noexcept;

  /// Sites 0 .. count() - 1 are whole.
  [[nodiscard]] std::uint32_t count() const noexcept;
  [[nodiscard]] const site_slot& operator[](std::uint32_t id) const noexcept { return slots_[id]; }

  /// Copies everything to `slots` from now on, and what is there already; null: no longer.
  void mirror_to(site_slot* slots, std::atomic<std::uint32_t>* count) noexcept;

 private:
  static constexpr std::uint32_t key_places = 2 * site_slots;
  static constexpr std::uint32_t tries = 64;

  struct key {
    std::atomic<std::uint32_t> id{0};
    detail::trace_site site{};
  };

  std::uint32_t add(const detail::trace_site& site, site_kind kind, std::uint32_t first) noexcept;
  void publish(std::uint32_t id) noexcept;

  std::mutex mutex_;  // guards what is written below
  std::array<key, key_places> keys_{};
  std::array<site_slot, site_slots> slots_{};
  std::atomic<std::uint32_t> count_{0};
  site_slot* mirror_ = nullptr;
  std::atomic<std::uint32_t>* mirror_count_ = nullptr;
};

/// The texts of a site; the views point into it.
[[nodiscard]] std::string_view name_of(const site_slot& s) noexcept;
[[nodiscard]] std::string_view file_of(const site_slot& s) noexcept;

/// The process' table.
extern constinit site_table the_sites;

}  // namespace weir::inline v0::tracing

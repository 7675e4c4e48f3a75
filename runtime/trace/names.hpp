// trace/names.hpp - small numbers for static strings, so that an event can carry its name.    [floor: trace]
//
// A fixed open-addressing table, keyed by the string's address. The first sight of an address copies its text, so a
// dump needs neither the pointer nor the library it came from. Entries stay for ever; when the table is full, further
// names are called "(other)". No lock, no allocation.
// Protocol   N1 key: null -> address by CAS; the winner copies the text    N2 length, release  |  D1 length, acquire
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace weir::inline v0::tracing {

class name_table {
 public:
  static constexpr std::uint32_t unnamed = 0;
  static constexpr std::uint32_t other = 1;

  constexpr name_table() noexcept = default;

  /// The number of a name; `unnamed` for null. The same address always gives the same number.
  std::uint32_t id_of(const char* name) noexcept;

  /// The text behind a number, cut at 62 bytes; "" for `unnamed`.
  [[nodiscard]] std::string_view text_of(std::uint32_t id) const noexcept;

 private:
  static constexpr std::uint32_t size = 2048;
  static constexpr std::uint32_t tries = 64;
  static constexpr std::uint32_t first_id = 2;

  struct entry {
    std::atomic<const char*> key{nullptr};
    std::atomic<std::uint8_t> length{0};
    std::array<char, 62> text{};
  };

  static void copy(entry& e, const char* name) noexcept;

  std::array<entry, size> entries_{};
};

}  // namespace weir::inline v0::tracing

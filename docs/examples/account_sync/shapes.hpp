// shapes.hpp - what the example is about: one job in four shapes, the same calls arranged differently.
//
//   serial      one call after the other
//   unbounded   all of them at once
//   bounded     world.limit at once, and one more whenever one has ended
//   batches     world.limit at once, and as many more when all of them have ended
//
// They know neither what carries the calls nor what carries them out: they run on weir::runtime against a
// server, and on testing::manual_runtime against a partner in memory, as they stand here.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <weir/weir.hpp>

#include "ledger.hpp"
#include "partner.hpp"
#include "world.hpp"

namespace account_sync {

enum class shape : std::uint8_t { serial, unbounded, bounded, batches };
inline constexpr std::array shapes{shape::serial, shape::unbounded, shape::bounded, shape::batches};
[[nodiscard]] const char* name_of(shape s) noexcept;

/// The first `accounts` accounts of a world are to be synced with a partner. What it refers to outlives it.
struct job {
  const world& in;
  partner& to;
  ledger& book;
  weir::runtime_handle on;
  std::size_t accounts;
};

/// Ends when every account is in the books.
[[nodiscard]] weir::task<> carry_out(shape s, const job& j);

/// How long it must take when nothing goes wrong: ceil(N / c) * L.
[[nodiscard]] std::chrono::nanoseconds predicted(shape s, const world& w, std::size_t accounts);

}  // namespace account_sync

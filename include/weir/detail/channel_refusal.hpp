// weir/detail/channel_refusal.hpp - what a channel says when it does not.                          [floor: flow]
// Included by channel.hpp, whose templates call these.
#pragma once

#include <weir/detail/channel_types.hpp>

namespace weir::inline v0 {
struct channel_options;
struct channel_stats;
}  // namespace weir::inline v0

namespace weir::inline v0::detail {

/// Errors  std::invalid_argument; see channel's constructor.
[[nodiscard]] channel_limits checked_limits(std::size_t capacity, const channel_options& options);

/// Throws what a send that ended with `why` throws.
[[noreturn]] void refuse_send(passage why, const channel_options& options);

/// A channel is destroyed under its users: says so and terminates.
[[noreturn]] void channel_in_use(const channel_stats& left) noexcept;

}  // namespace weir::inline v0::detail

// weir/detail/channel_types.hpp - what a channel's core and its users pass each other.             [floor: flow]
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include <weir/detail/trace.hpp>
#include <weir/detail/wait_line.hpp>

namespace weir::inline v0 {

/// What becomes of an item that is sent to a full channel.
enum class overflow : unsigned {
  block,        ///< the sender waits
  fail,         ///< channel_full; the sender keeps the value
  drop_oldest,  ///< the oldest buffered item is discarded
  drop_newest,  ///< the sent item is discarded
  conflate,     ///< the sent item takes the place of the newest buffered one
};

namespace detail {

/// A step of a queue, recorded. Cold.
void trace_queue(event what, const void* queue, std::size_t n, std::size_t depth, unsigned flags,
                 const char* name) noexcept;

enum class passage : unsigned { done, waits, full, too_large, closed, stopped, grow };

struct channel_limits {
  std::size_t capacity;
  std::size_t bytes = std::numeric_limits<std::size_t>::max();
  std::chrono::nanoseconds age = std::chrono::nanoseconds::max();
  overflow policy = overflow::block;
  std::size_t high = 0, low = 0;  ///< watermarks
};

/// One send of `left` items, or one reservation of as many slots (items == null). They are moved from as they are
/// accepted.
template <class T>
struct channel_sender : waiter {
  channel_sender(T* first, std::size_t n, wake_fn fn) noexcept : waiter{fn}, items{first}, left{n} {}
  T* items;
  std::size_t left;
  std::size_t accepted = 0;
  std::size_t bytes = 0;               ///< of the one item, or of all reserved slots; 0 without a byte limit
  const std::size_t* sizes = nullptr;  ///< several items under a byte limit: theirs
  [[nodiscard]] std::size_t next_bytes() const noexcept { return sizes != nullptr ? sizes[accepted] : bytes; }
};

template <class T>
struct channel_receiver : waiter {
  explicit channel_receiver(wake_fn fn) noexcept : waiter{fn} {}
  std::optional<T> value;
};

/// What a step leaves for after the lock: a discarded value, watermark crossings.
template <class T>
struct channel_aftermath {
  std::optional<T> discarded;
  bool crossed = false;
};

struct channel_counts {
  std::size_t capacity, length, reserved, peak, bytes, waiting_senders, waiting_receivers;
  std::uint64_t accepted, received, discarded;
  bool closed, ended;
  std::optional<std::chrono::steady_clock::time_point> oldest;  ///< where ages are noted
};

}  // namespace detail
}  // namespace weir::inline v0

// weir/detail/batch_room.hpp - how much of a batch is filled.                                 [floor: flow]
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>

#include <weir/channel.hpp>
#include <weir/detail/live_bound.hpp>

namespace weir::inline v0 {

/// What closes a batch, whichever comes first.
struct batch_limits {
  std::size_t items;
  std::size_t bytes = std::numeric_limits<std::size_t>::max();
};

namespace detail {

[[nodiscard]] batch_limits checked(const batch_limits& limits);

class batch_room {
 public:
  explicit batch_room(const batch_limits& limits) noexcept : most_{limits.items}, most_bytes_{limits.bytes} {}

  [[nodiscard]] bool limited() const noexcept { return most_bytes_ != std::numeric_limits<std::size_t>::max(); }
  /// 0 if bytes do not count.
  template <class T>
  [[nodiscard]] std::size_t bytes_of(const T& item) const {
    return limited() ? item_bytes(item) : 0;
  }

  /// True: an item of so many bytes has to wait until what is there has gone.
  [[nodiscard]] bool refuses(std::size_t bytes) const noexcept {
    return full() || (items_ != 0 && limited() && bytes > most_bytes_ - bytes_);
  }
  void add(std::size_t bytes) noexcept {
    ++items_;
    bytes_ += std::min(bytes, most_bytes_ - bytes_);
  }
  void clear() noexcept { items_ = bytes_ = 0; }
  [[nodiscard]] bool full() const noexcept {
    return items_ != 0 && (items_ >= most_.get() || (limited() && bytes_ == most_bytes_));
  }
  [[nodiscard]] bool empty() const noexcept { return items_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return items_; }
  [[nodiscard]] live_bound& most() noexcept { return most_; }
  /// Room that is made for a batch in one go.
  [[nodiscard]] std::size_t at_first() const noexcept { return std::min<std::size_t>(most_.get(), 1024); }

 private:
  live_bound most_;
  std::size_t most_bytes_;
  std::size_t items_ = 0, bytes_ = 0;
};

}  // namespace detail
}  // namespace weir::inline v0

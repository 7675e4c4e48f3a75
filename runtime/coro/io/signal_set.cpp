#include <weir/io/signal_set.hpp>

#include <sys/eventfd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include "io/signals.hpp"

namespace weir::inline v0 {

signal_set::signal_set(std::initializer_list<int> signals) {
  std::uint64_t mask = 0;
  for (const int n : signals) {
    if (n < 1 || n > 63) throw std::invalid_argument{"weir: signal_set: " + std::to_string(n) + " is not a signal"};
    mask |= std::uint64_t{1} << n;
  }
  if (mask == 0) throw std::invalid_argument{"weir: signal_set: no signal given"};
  const int number = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (number < 0) throw std::system_error{errno, std::system_category(), "weir: signal_set: making an eventfd"};
  event_ = fd{number};
  listener_ = std::make_unique<io::signal_listener>(mask, number);
}

signal_set::signal_set(signal_set&&) noexcept = default;

signal_set& signal_set::operator=(signal_set&& other) noexcept {
  if (this == &other) return *this;
  listener_ = nullptr;
  event_ = std::move(other.event_);
  listener_ = std::move(other.listener_);
  pending_ = std::exchange(other.pending_, 0);
  return *this;
}

signal_set::~signal_set() = default;

task<int> signal_set::next() {
  for (;;) {
    pending_ |= listener_->take();
    if (pending_ != 0) {
      const int lowest = std::countr_zero(pending_);
      pending_ &= pending_ - 1;
      co_return lowest;
    }
    std::array<std::byte, 8> count{};
    co_await event_.read_some(count);
  }
}

}  // namespace weir::inline v0

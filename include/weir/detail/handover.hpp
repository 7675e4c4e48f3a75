// weir/detail/handover.hpp - a stage whose items come out of a channel that drivers fill.          [floor: flow]
//
//   up --driver: place first, then an item--> channel of n --consumer--> poll()
//
// A driver reserves its place before it asks for an item, so that n bounds what is fetched and not yet taken, the item
// that is on its way included.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include <weir/channel.hpp>
#include <weir/detail/stage.hpp>

namespace weir::inline v0::detail {

/// The consumer's half.
template <class T>
class handover : public part {
 public:
  using item = T&&;
  handover(std::size_t capacity, const char* type)
      : type_{type}, items_{std::make_unique<channel<T>>(unlisted{}, capacity, channel_options{.name = type})} {}

  template <class Emit>
  flow poll(Emit&& emit) {
    for (std::size_t n = emits_per_poll; n != 0; --n) {
      if (!held_ && !ended_) held_ = items_->try_receive();
      if (!held_) return ended_ ? flow::ended : flow::idle;
      T out = std::move(*held_);
      held_.reset();
      if (!emit(std::move(out))) break;
    }
    return flow::more;
  }
  task<> ready() {
    held_ = co_await items_->receive();
    ended_ = !held_;
  }

 protected:
  [[nodiscard]] channel<T>& items() noexcept { return *items_; }
  void list_as_queue(listing& to, lever by = {}) {
    const channel_stats s = items_->stats();
    list_in_group(to, *this, type_,
                  {.capacity = s.capacity,
                   .depth = s.length + s.reserved,
                   .peak = s.peak,
                   .in = s.accepted + s.reserved,
                   .out = s.received},
                  by);
  }

 private:
  const char* type_;
  std::unique_ptr<channel<T>> items_;
  std::optional<T> held_;
  bool ended_ = false;
};

/// A driver's work: everything of one stage into the channel.
template <class S, class T>
task<> hand_over(S& up, channel<T>& into) {
  for (;;) {
    slots<T> place = co_await into.reserve();
    std::optional<T> item = co_await next_of(up);
    if (!item) co_return;
    place.send(std::move(*item));
  }
}

}  // namespace weir::inline v0::detail

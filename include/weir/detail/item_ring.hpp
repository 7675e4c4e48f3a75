// weir/detail/item_ring.hpp - the buffer of a channel: a ring of raw storage that can grow.       [floor: flow]
//
// Storage is a power of two, at least what was asked for; how many items may be in it is the channel's affair.
// Everything under the channel's lock, except making and freeing storage.
#pragma once

#include <bit>
#include <chrono>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace weir::inline v0::detail {

/// What a channel with a byte limit or an age limit notes beside each item.
struct item_note {
  std::size_t bytes = 0;
  std::chrono::steady_clock::time_point at{};
};

template <class T>
class item_ring {
 public:
  item_ring() noexcept = default;
  /// Errors  std::bad_alloc, std::bad_array_new_length
  item_ring(std::size_t places, bool with_notes) {
    if (places == 0) return;
    if (places > max_places) throw std::bad_array_new_length{};
    places = std::bit_ceil(places);
    if (with_notes) notes_ = std::make_unique<item_note[]>(places);
    items_ = std::allocator<T>{}.allocate(places);
    mask_ = places - 1;
  }
  item_ring(const item_ring&) = delete;
  item_ring& operator=(const item_ring&) = delete;
  ~item_ring() {
    while (!empty()) drop_front();
    if (items_ != nullptr) std::allocator<T>{}.deallocate(items_, places());
  }

  [[nodiscard]] std::size_t places() const noexcept { return items_ != nullptr ? mask_ + 1 : 0; }
  [[nodiscard]] std::size_t size() const noexcept { return tail_ - head_; }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

  [[nodiscard]] T& front() noexcept { return items_[head_ & mask_]; }
  [[nodiscard]] T& back() noexcept { return items_[(tail_ - 1) & mask_]; }
  [[nodiscard]] item_note front_note() const noexcept { return notes_ ? notes_[head_ & mask_] : item_note{}; }
  [[nodiscard]] item_note back_note() const noexcept { return notes_ ? notes_[(tail_ - 1) & mask_] : item_note{}; }

  /// Requires  size() < places().
  void push(T&& value, const item_note& note) noexcept {
    std::construct_at(items_ + (tail_ & mask_), std::move(value));
    if (notes_) notes_[tail_ & mask_] = note;
    ++tail_;
  }
  void drop_front() noexcept {
    std::destroy_at(&front());
    ++head_;
  }
  void drop_back() noexcept {
    std::destroy_at(&back());
    --tail_;
  }

  void swap(item_ring& other) noexcept {
    std::swap(items_, other.items_);
    std::swap(notes_, other.notes_);
    std::swap(mask_, other.mask_);
    std::swap(head_, other.head_);
    std::swap(tail_, other.tail_);
  }
  /// How many were pushed so far; a drop_back() takes one back.
  [[nodiscard]] std::size_t pushed() const noexcept { return tail_; }
  /// Moves everything over, the count too. Requires  `to` is new and large enough.
  void move_to(item_ring& to) noexcept {
    to.head_ = to.tail_ = head_;
    for (; !empty(); drop_front()) to.push(std::move(front()), front_note());
  }

 private:
  static constexpr std::size_t max_places = (~std::size_t{0} >> 1) / sizeof(T) / 2;

  T* items_ = nullptr;
  std::unique_ptr<item_note[]> notes_;
  std::size_t mask_ = 0;
  std::size_t head_ = 0;  // counts on; size_t wraps around harmlessly
  std::size_t tail_ = 0;
};

}  // namespace weir::inline v0::detail

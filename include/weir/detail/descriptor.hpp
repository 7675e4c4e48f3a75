// weir/detail/descriptor.hpp - one life of one descriptor number, shared by its owner and its operations. [floor: coro]
//
//   fd, tcp_stream, ... --reference--> descriptor <--reference-- awaiters under way
// Close       close() marks it closed and cancels what is under way. The number itself is given back to the system with
//             the last reference, so no operation ever reaches a number that means something else by then.
// Generation  unique in the process; tells the reactor lives of the same number apart (detail/operation.hpp).
// Threads     everything from any thread; references are counted atomically.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include <weir/detail/stop_state.hpp>
#include <weir/io/endpoint.hpp>

namespace weir::inline v0::detail {

class descriptor {
 public:
  /// Takes the number over; it should be non-blocking.
  explicit descriptor(int number) noexcept;
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;

  static void* operator new(std::size_t size);
  static void operator delete(void* block, std::size_t size) noexcept;

  [[nodiscard]] int number() const noexcept { return number_; }
  [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }
  [[nodiscard]] bool closed() const noexcept { return closing.stop_requested(); }
  /// Cancels the operations under way; later ones fail with EBADF.
  void close() noexcept { closing.request_stop(stop_reason::cancelled); }

  void add_reference() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }  // the caller holds one
  void release() noexcept {
    // release: our use comes before the destruction; acquire: the last one sees everybody's use.
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  /// True when an operation of this direction may be tried at once: 64 in a row, then one goes through the reactor, so
  /// that a stream that is always ready does not keep its thread from everything else.
  [[nodiscard]] bool may_try_now(bool input) noexcept {
    std::atomic<std::uint8_t>& n = in_a_row_[input ? 0 : 1];
    const auto seen = n.load(std::memory_order_relaxed);  // a budget, not a protocol
    n.store(static_cast<std::uint8_t>((seen + 1) % 65), std::memory_order_relaxed);
    return seen != 64;
  }

  stop_state closing;
  endpoint peer;  ///< for messages and peer(); written before the descriptor is shared

 private:
  ~descriptor();

  const int number_;
  const std::uint64_t generation_;
  std::atomic<std::uint32_t> references_{1};
  std::atomic<std::uint8_t> in_a_row_[2] = {};
};

/// An owning reference; may be empty.
class descriptor_ref {
 public:
  descriptor_ref() noexcept = default;
  /// Adopts one reference.
  explicit descriptor_ref(descriptor* d) noexcept : d_{d} {}
  descriptor_ref(const descriptor_ref& other) noexcept : d_{other.d_} {
    if (d_ != nullptr) d_->add_reference();
  }
  descriptor_ref(descriptor_ref&& other) noexcept : d_{std::exchange(other.d_, nullptr)} {}
  descriptor_ref& operator=(descriptor_ref other) noexcept {
    std::swap(d_, other.d_);
    return *this;
  }
  ~descriptor_ref() {
    if (d_ != nullptr) d_->release();
  }

  descriptor* operator->() const noexcept { return d_; }
  explicit operator bool() const noexcept { return d_ != nullptr; }

 private:
  descriptor* d_ = nullptr;
};

}  // namespace weir::inline v0::detail

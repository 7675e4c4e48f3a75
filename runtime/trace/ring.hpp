// trace/ring.hpp - the last events of one thread, and of those that had the ring before it.   [floor: trace]
//
//   thread --write--> [ slot | slot | ... ] overwrites the oldest              read(): any thread, at any time
//
// Threads    write: the thread that leased the ring. read, restart: any. A thread that ends leaves its ring with its
//            events in it to the next one; tenants_ says from which event on the ring was whose.
// Invariants T1  of n events since restart(), read() gives the newest min(n, capacity()) and counts the rest as lost
//            T2  read() never gives an event that was half overwritten while it looked
// Protocol   W1 head (n), release    W2 words of event n, release each    W3 head (n + 1), release
//            R1 head, acquire        R2 words, acquire each               R3 head again, acquire
//            R2 that reads a word of W2 synchronises with it, so R3 sees W1 or later, which tells that this slot was
//            being overwritten: T2. One slot is kept out of capacity() for the write that may be under way.
//            On x86 all of these are plain loads and stores.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <weir/detail/trace.hpp>

#include "sync/lease_list.hpp"

namespace weir::inline v0::tracing {

/// One event as it is read back.
struct record {
  std::uint64_t ticks = 0;
  detail::event what = detail::event::mark;
  std::uint32_t name = 0;
  std::uint64_t id = 0;
  std::uint64_t arg = 0;
};

/// The events of one thread, in the order they were written.
struct track {
  int tid = 0;
  std::string name;
  bool current = false;  ///< the thread still had the ring when it was read
  std::vector<record> events;
};

class ring : public sync::leasable<ring> {
 public:
  static constexpr std::size_t default_bytes = std::size_t{1} << 20U;

  /// `bytes` of event memory, a power of two. Errors: std::bad_alloc.
  explicit ring(std::size_t bytes = default_bytes);
  ring(const ring&) = delete;
  ring& operator=(const ring&) = delete;
  ~ring() = default;

  /// The most events that read() can give.
  [[nodiscard]] std::size_t capacity() const noexcept { return mask_; }

  /// Records one event. Only by the thread that holds the ring. Cost: about 3 ns and 32 bytes.
  void write(std::uint64_t ticks, detail::event what, std::uint32_t name, std::uint64_t id,
             std::uint64_t arg) noexcept {
    const std::uint64_t n = head_.load(std::memory_order_relaxed);  // ours alone
    slot& s = slots_[n & mask_];
    // (W2) release: whoever reads one of these words also sees W1, the previous head.
    s[0].store(ticks, std::memory_order_release);
    s[1].store(static_cast<std::uint64_t>(what) | std::uint64_t{name} << 32U, std::memory_order_release);
    s[2].store(id, std::memory_order_release);
    s[3].store(arg, std::memory_order_release);
    head_.store(n + 1, std::memory_order_release);  // (W3, and W1 of the next event) publishes W2 to R1
  }

  /// The calling thread has leased the ring: what follows is its.
  void move_in(int tid, const std::string& name);

  /// The calling thread is about to give the ring back; its name may have changed since move_in.
  void move_out(const std::string& name) noexcept;

  /// Forgets all events up to now.
  void restart() noexcept;

  struct contents {
    std::vector<track> tracks;  ///< one for each tenant that has events
    std::uint64_t lost = 0;     ///< events since restart() that are not in tracks
  };
  [[nodiscard]] contents read() const;

 private:
  using slot = std::array<std::atomic<std::uint64_t>, 4>;
  static_assert(sizeof(slot) == 32);

  struct tenant {
    std::uint64_t first = 0;  // its first event
    int tid = 0;
    std::string name;
  };
  struct unmap {
    std::size_t bytes;
    void operator()(slot* slots) const noexcept;
  };
  static constexpr std::size_t most_tenants = 64;  // events of older ones count as lost

  static std::unique_ptr<slot[], unmap> map(std::size_t bytes);
  [[nodiscard]] record load(std::uint64_t n) const noexcept;

  std::unique_ptr<slot[], unmap> slots_;
  std::uint64_t mask_;
  alignas(64) std::atomic<std::uint64_t> head_{0};  // events ever written
  mutable std::mutex mutex_;                        // guards what follows; never taken by write()
  std::uint64_t base_ = 0;                          // events before restart()
  std::vector<tenant> tenants_;                     // rising first
};

}  // namespace weir::inline v0::tracing

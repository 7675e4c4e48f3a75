// trace/ring.hpp - the events of one thread, and of those that had the ring before it.        [floor: trace]
//
//   thread --write--> [ header | slot | slot | ... ] in memory that may be a file's      read(): any thread, any time
//
// Threads    write, move_in: the thread that leased the ring. read, free_until: one reader at a time. A thread that
//            ends leaves its ring with its events in it to the next one; the tenants say from which event on it was
//            whose.
// Invariants T1  flight: of n events the newest min(n, capacity - 1) are whole, also in the file of a killed process
//            T2  read() never gives an event that was half overwritten while it looked
//            T3  record: what has no room is not written; a `lost` event says how many, exactly, where they would be
// Protocol   W1 head (n), release    W2 words of event n, release each    W3 head (n + 1), release
//            R1 head, acquire        R2 words, acquire each               R3 head again, acquire
//            R2 that reads a word of W2 synchronises with it, so R3 sees W1 or later, which tells that this slot was
//            being overwritten: T2. On x86 all of these are plain loads and stores.
//            F1 words read    F2 tail, release  |  M1 tail, acquire    M2 words of a later round  (record only)
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include "trace/format.hpp"

namespace weir::inline v0::tracing {

enum class when_full : unsigned { overwrite, drop };

class ring {
 public:
  /// In `memory`: ring_header_bytes, then capacity slots, a power of two; zeroed, outlives the ring.
  ring(void* memory, std::uint32_t index, std::uint64_t capacity, when_full full) noexcept;
  ring(const ring&) = delete;
  ring& operator=(const ring&) = delete;

  static constexpr std::size_t bytes_for(std::uint64_t capacity) noexcept {
    return ring_header_bytes + capacity * sizeof(event_record);
  }

  /// Records one event. Only by the thread that holds the ring. Cost: about 3 ns and 32 bytes.
  void write(const event_record& e) noexcept {
    std::uint64_t n = header_.head.load(std::memory_order_relaxed);  // ours alone
    if (n >= limit_) [[unlikely]] {
      if (!make_room(n, e.ticks)) return;
      n = header_.head.load(std::memory_order_relaxed);
    }
    put(n, e);
  }

  /// The calling thread has leased the ring: what follows is its.
  void move_in(std::uint32_t thread, std::uint32_t tid, std::string_view name) noexcept;
  /// The newest tenant's name has changed.
  void rename(std::string_view name) noexcept;

  [[nodiscard]] std::uint64_t capacity() const noexcept { return mask_ + 1; }
  [[nodiscard]] std::uint64_t head() const noexcept;

  /// Appends the whole events among [from, end); gives the number of the first one that it appended, or end.
  std::uint64_t read(std::uint64_t from, std::uint64_t end, std::vector<event_record>& out) const;
  /// Who wrote events from which number on, oldest first; those forgotten are not there.
  [[nodiscard]] std::vector<tenant_slot> tenants() const;
  /// record: events below n were read, their slots may be used again.
  void free_until(std::uint64_t n) noexcept;
  /// record: dropped, and not yet told by a `lost` event. Exact when the writer rests.
  [[nodiscard]] std::uint64_t untold() const noexcept;

 private:
  using slot = std::array<std::atomic<std::uint64_t>, 4>;
  static_assert(sizeof(slot) == sizeof(event_record) && std::atomic<std::uint64_t>::is_always_lock_free);

  struct header {  // the file's, see format.hpp
    std::uint32_t magic, index;
    std::uint64_t capacity, base;
    std::atomic<std::uint64_t> tenants;
    alignas(64) std::atomic<std::uint64_t> head;
    alignas(64) std::array<std::uint64_t, 8> unused;
    std::array<tenant_slot, tenant_slots> tenant;
  };
  static_assert(offsetof(header, base) == ring_base_at && offsetof(header, tenants) == ring_tenants_at &&
                offsetof(header, head) == ring_head_at && offsetof(header, tenant) == ring_slots_at);

  void put(std::uint64_t n, const event_record& e) noexcept {
    slot& s = slots_[n & mask_];
    // (W2) release: whoever reads one of these words also sees W1, the previous head.
    s[0].store(e.ticks, std::memory_order_release);
    s[1].store(e.what | std::uint64_t{e.flags} << 16U | std::uint64_t{e.site} << 32U, std::memory_order_release);
    s[2].store(e.id, std::memory_order_release);
    s[3].store(e.arg, std::memory_order_release);
    header_.head.store(n + 1, std::memory_order_release);  // (W3, and W1 of the next event) publishes W2 to R1
  }
  bool make_room(std::uint64_t n, std::uint64_t ticks) noexcept;
  [[nodiscard]] event_record load(std::uint64_t n) const noexcept;

  header& header_;
  slot* const slots_;
  const std::uint64_t mask_;
  const when_full full_;
  std::uint64_t limit_;  // the writer's: below it there is room
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<std::uint64_t> told_{0};
  alignas(64) std::atomic<std::uint64_t> tail_{0};
  mutable std::mutex mutex_;  // guards the tenants; never taken by write()
};

}  // namespace weir::inline v0::tracing

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
// Protocol   writing and reading: sync/slot_ring.hpp, whose S1 and S2 are T1 and T2
//            F1 events read    F2 tail, release  |  M1 tail, acquire    M2 events of a later round  (record only)
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include "sync/slot_ring.hpp"
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
    std::uint64_t n = slots_.next();
    if (n >= limit_) [[unlikely]] {
      if (!make_room(n, e.ticks)) return;
      n = slots_.next();
    }
    slots_.put(n, packed(e));
  }

  /// The calling thread has leased the ring: what follows is its.
  void move_in(std::uint32_t thread, std::uint32_t tid, std::string_view name) noexcept;
  /// The newest tenant's name has changed.
  void rename(std::string_view name) noexcept;

  [[nodiscard]] std::uint64_t capacity() const noexcept { return slots_.capacity(); }
  [[nodiscard]] std::uint64_t head() const noexcept { return slots_.head(); }

  /// Appends the whole events among [from, end); gives the number of the first one that it appended, or end.
  std::uint64_t read(std::uint64_t from, std::uint64_t end, std::vector<event_record>& out) const;
  /// Who wrote events from which number on, oldest first; those forgotten are not there.
  [[nodiscard]] std::vector<tenant_slot> tenants() const;
  /// record: events below n were read, their slots may be used again.
  void free_until(std::uint64_t n) noexcept;
  /// record: dropped, and not yet told by a `lost` event. Exact when the writer rests.
  [[nodiscard]] std::uint64_t untold() const noexcept;

 private:
  using slots = sync::slot_ring<4>;
  static_assert(sizeof(slots::slot) == sizeof(event_record) && sync::atomic<std::uint64_t>::is_always_lock_free);

  struct header {  // the file's, see format.hpp
    std::uint32_t magic, index;
    std::uint64_t capacity, base;
    std::atomic<std::uint64_t> tenants;
    alignas(64) sync::atomic<std::uint64_t> head;
    alignas(64) std::array<std::uint64_t, 8> unused;
    std::array<tenant_slot, tenant_slots> tenant;
  };
  static_assert(offsetof(header, base) == ring_base_at && offsetof(header, tenants) == ring_tenants_at &&
                offsetof(header, head) == ring_head_at && offsetof(header, tenant) == ring_slots_at);

  static slots::record packed(const event_record& e) noexcept {
    return {e.ticks, e.what | std::uint64_t{e.flags} << 16U | std::uint64_t{e.site} << 32U, e.id, e.arg};
  }
  bool make_room(std::uint64_t n, std::uint64_t ticks) noexcept;

  header& header_;
  slots slots_;
  const when_full full_;
  std::uint64_t limit_;  // the writer's: below it there is room
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<std::uint64_t> told_{0};
  alignas(64) std::atomic<std::uint64_t> tail_{0};
  mutable std::mutex mutex_;  // guards the tenants; never taken by write()
};

}  // namespace weir::inline v0::tracing

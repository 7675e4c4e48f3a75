// weir/detail/pool_front.hpp - the part of a thread's heap that coroutine frames come from directly.    [floor: job]
//
// The free lists and the counts of runtime/job/heap.hpp, so that taking a frame whose size the compiler knows is a
// dozen instructions in the caller's code. What is not that simple (no heap yet, no block left, another heap's block,
// a large one) goes through pool.hpp.
// Threads    everything is the holder's; the counts may be read by anybody.
#pragma once

#include <weir/detail/pool.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace weir::inline v0::detail {

/// A block that nobody uses.
struct free_block {
  free_block* next;
  free_block* ahead;  // to be fetched early, see runtime/job/heap.hpp: null, or a block some places on; a hint only
};

/// What a block is for; each is counted for itself.
enum class block_use : unsigned { node, frame };

class pool_front;

/// The start of a slab, at a multiple of its size; the blocks follow.
struct alignas(pool_block_step) slab {
  static constexpr std::size_t size = std::size_t{64} * 1024;
  static slab& of(void* block) noexcept {
    return *reinterpret_cast<slab*>(reinterpret_cast<std::uintptr_t>(block) & ~(size - 1));
  }
  pool_front* owner;
};

/// A line or three of a block that will be written soon.
void pool_fetch_early(const free_block& block, std::size_t c) noexcept;

class pool_front {
 public:
  /// A block of class c from the free list, counted; null: none is there.
  [[nodiscard]] void* take_frame(std::size_t c) noexcept {
    free_block* const block = free_[c];
    if (block == nullptr) [[unlikely]]
      return nullptr;
    free_[c] = block->next;
    if (block->ahead != nullptr) [[unlikely]]
      pool_fetch_early(*block->ahead, c);
    add(allocated_, block_use::frame, 1);
    return block;
  }

  /// False: it is another heap's.
  [[nodiscard]] bool put_frame(void* frame, std::size_t c) noexcept {
    if (slab::of(frame).owner != this) [[unlikely]]
      return false;
    add(released_, block_use::frame, 1);
    put(static_cast<free_block*>(frame), c);
    return true;
  }

 protected:
  using counts = std::array<std::atomic<std::uint64_t>, 2>;  // by block_use; relaxed: statistics, they order nothing

  void put(free_block* block, std::size_t c) noexcept {
    block->next = free_[c];
    block->ahead = nullptr;
    free_[c] = block;
  }
  static void add(counts& n, block_use use, std::uint64_t more) noexcept {
    auto& count = n[static_cast<std::size_t>(use)];
    count.store(count.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }

  std::array<free_block*, pool_classes> free_{};
  counts allocated_{};
  counts released_{};
};

/// The calling thread's, or null: it has none (yet). Not inlined, so that a coroutine which resumed on another thread
/// cannot use a thread-local address of the old one.
[[nodiscard]] pool_front* pool_front_here() noexcept;

}  // namespace weir::inline v0::detail

// job/heap.hpp - one thread's share of the pool: free lists, slabs, blocks on their way home.  [floor: job]
//
//   allocate:  free list of the class -> what others returned (take_all) -> carve the slab -> a new slab
//   release:   ours: free list.  another heap's: gather in outgoing_, a chain per owner and class -> its returned_
//
// A slab is 64 KiB at an address that is a multiple of 64 KiB, holds blocks of one class and names its heap: the
// heap of a block is found by masking its address. Slabs stay with their heap for ever.
// Threads    everything is the holder's (the thread that leased the heap), except accept(): any thread, and the
//            counters, which anybody may read.
// Invariant  H1  a block is in at most one place: with its user, free list, outgoing chain, returned chain
//            H2  a chain in outgoing_ is at most 256 blocks and 32 KiB long and goes home on flush() or thread exit
// Distance   A chain that came home was last written by another core, so each of its blocks is a miss, and a walk would
//            wait for one after the other. So a block names another one a few places on, for allocate() to fetch early.
//            A block that its owner released names none: its first line is here. A node's others may not be (who read
//            a result back has not touched what the worker read), so the next node but one is fetched.
#pragma once

#include <weir/detail/pool_front.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "sync/lease_list.hpp"
#include "sync/return_stack.hpp"

namespace weir::inline v0::detail {

class alignas(64) heap : public pool_front, public sync::leasable<heap> {
 public:
  /// From the free list, or null.
  [[nodiscard]] void* try_allocate(std::size_t c, block_use use) noexcept {
    free_block* const block = free_[c];
    if (block == nullptr) [[unlikely]]
      return nullptr;
    free_[c] = block->next;
    const bool named = block->ahead != nullptr || block->next == nullptr || use == block_use::frame;
    if (const free_block* const early = named ? block->ahead : block->next->next) fetch_early(*early, c);
    add(allocated_, use, 1);
    return block;
  }

  [[nodiscard]] void* allocate(std::size_t c, block_use use) {
    if (void* const block = try_allocate(c, use)) return block;
    free_[c] = refill(c);
    return try_allocate(c, use);
  }

  void release(void* memory, std::size_t c, block_use use) noexcept {
    auto* block = static_cast<free_block*>(memory);
    add(released_, use, 1);
    heap& owner = of(memory);
    if (&owner != this) [[unlikely]]
      return send(owner, block, c);
    put(block, c);
  }

  // A node is mostly two or three lines. They will be written, so they are asked for with the right to write: a line
  // that comes as a copy has to be asked for again.
  static void fetch_early(const free_block& block, std::size_t c) noexcept {
#if defined(__x86_64__)  // the compilers do not emit it for the baseline, on which it does nothing at worst
    asm volatile("prefetchw (%0)\n\tprefetchw 64(%0)" : : "r"(&block));
    if (c >= 2) asm volatile("prefetchw 128(%0)" : : "r"(&block));
#else
    const auto* const at = reinterpret_cast<const std::byte*>(&block);
    __builtin_prefetch(at, 1);
    __builtin_prefetch(at + 64, 1);
    if (c >= 2) __builtin_prefetch(at + 128, 1);
#endif
  }

  /// Whose block that is.
  static heap& of(void* block) noexcept { return static_cast<heap&>(*slab::of(block).owner); }

  /// Takes back a chain of this heap's blocks of class c. Any thread.
  void accept(free_block* first, free_block* last, std::size_t c) noexcept { returned_[c].push_chain(first, last); }

  /// Sends every gathered chain to its owner.
  void flush() noexcept;

  /// Counts blocks that do not come from slabs.
  void count_large(std::uint64_t allocated, std::uint64_t released, block_use use) noexcept {
    add(allocated_, use, allocated);
    add(released_, use, released);
  }

  // Read for statistics only; they order nothing.
  std::uint64_t allocated(block_use use) const noexcept {
    return allocated_[index(use)].load(std::memory_order_relaxed);
  }
  std::uint64_t released(block_use use) const noexcept { return released_[index(use)].load(std::memory_order_relaxed); }
  std::uint64_t slabs() const noexcept { return slabs_.load(std::memory_order_relaxed); }

 private:
  using counter = std::atomic<std::uint64_t>;

  static constexpr std::size_t distance = 16;  // about as far as a post takes for a miss
  struct chain {
    heap* owner = nullptr;
    std::size_t c = 0;
    free_block* first = nullptr;
    free_block* last = nullptr;
    std::size_t length = 0;
    std::array<free_block*, distance> recent{};  // the newest ones, by length % distance
  };
  static constexpr std::size_t chains = 8;
  static constexpr std::size_t carve_at_once = 16;
  static constexpr std::size_t chain_limit(std::size_t c) noexcept {
    return std::min<std::size_t>(256, 32 * 1024 / ((c + 1) * pool_block_step));
  }

  static constexpr std::size_t index(block_use use) noexcept { return static_cast<std::size_t>(use); }

  free_block* refill(std::size_t c);
  free_block* carve(std::size_t c) noexcept;
  void add_slab(std::size_t c);
  void send(heap& owner, free_block* block, std::size_t c) noexcept;
  static void dispatch(chain& out) noexcept;

  counter slabs_{0};
  std::array<std::byte*, pool_classes> fresh_{};  // the part of the newest slab that was never handed out
  std::array<std::byte*, pool_classes> fresh_end_{};
  std::array<chain, chains> outgoing_{};
  alignas(64) std::array<sync::return_stack<free_block>, pool_classes> returned_{};  // written by other threads
};

}  // namespace weir::inline v0::detail

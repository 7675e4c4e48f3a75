// job/pool.cpp - the process-wide pool: which heap does the calling thread hold?               [floor: job]
//
// Heaps are made when a thread finds none to adopt, and are never destroyed: blocks outlive threads, and objects with
// static storage may release blocks after main. This is one of the three globals that weir allows itself (D10).
//
//   thread's first call -> lease a heap that an ended thread left, or make one     thread exit -> flush, give it back
//
// After its exit (destructors of other thread-locals may still run) a thread holds no heap: releases go straight to
// the owner's return stack, allocations borrow a heap for the one call.
// WEIR_PLAIN_ALLOC (compile time, for sanitizers) and WEIR_POOL=off (environment, read once; for the control of the
// counting test, and for valgrind) switch pooling off: then no thread ever holds a heap, so the hot path pays nothing.
#include <weir/detail/pool.hpp>

#include <array>
#include <cstdlib>
#include <new>
#include <string_view>
#include <utility>

#include "job/heap.hpp"
#include "job/upstream.hpp"
#include "sync/lease_list.hpp"

namespace weir::inline v0::detail {
namespace {

#if defined(WEIR_PLAIN_ALLOC)
constexpr bool plain_build = true;
#else
constexpr bool plain_build = false;
#endif

constexpr std::size_t min_alignment = 16;

constinit sync::lease_list<heap> heaps;
// Calls of threads without a heap (pooling off, or after thread exit). Read for statistics only; they order nothing.
using counters = std::array<std::atomic<std::uint64_t>, 2>;  // by block_use
constinit counters other_allocated{};
constinit counters other_released{};

constinit thread_local heap* current = nullptr;
constinit thread_local bool exited = false;

bool pooling() noexcept {
  if constexpr (plain_build) return false;
  static const bool on = [] {
    const char* value = std::getenv("WEIR_POOL");
    return value == nullptr || std::string_view{value} != "off";
  }();
  return on;
}

heap& lease_heap() {
  if (heap* left = heaps.lease()) return *left;
  heap* made = ::new (upstream_allocate(sizeof(heap), alignof(heap))) heap;
  heaps.add(*made);
  return *made;
}

void return_heap(heap& h) noexcept {
  h.flush();
  heaps.give_back(h);
}

// Its destructor is the thread's exit from the pool.
struct exit_hook {
  exit_hook() noexcept = default;
  exit_hook(const exit_hook&) = delete;
  exit_hook& operator=(const exit_hook&) = delete;
  ~exit_hook() {
    exited = true;
    if (heap* h = std::exchange(current, nullptr)) return_heap(*h);
  }
  void arm() noexcept {}
};

void adopt_heap() {
  static thread_local exit_hook hook;
  hook.arm();
  current = &lease_heap();
}

void count_other(counters& n, block_use use) noexcept {
  n[static_cast<std::size_t>(use)].fetch_add(1, std::memory_order_relaxed);
}

[[gnu::noinline]] void* allocate_slowly(std::size_t size, block_use use) {
  if (!pooling() || size > pool_largest) {
    void* block = upstream_allocate(size, min_alignment);
    if (current != nullptr)
      current->count_large(1, 0, use);
    else
      count_other(other_allocated, use);
    return block;
  }
  if (!exited) {
    if (current == nullptr) adopt_heap();
    return current->allocate(pool_class(size), use);
  }
  struct loan {
    heap& h = lease_heap();
    ~loan() { return_heap(h); }
  } borrowed;
  return borrowed.h.allocate(pool_class(size), use);
}

// False: the thread has left the pool, or there is no memory for a heap.
bool try_adopt_heap() noexcept try {
  if (!exited) adopt_heap();
  return current != nullptr;
} catch (...) {
  return false;
}

[[gnu::noinline]] void release_slowly(void* block, std::size_t size, block_use use) noexcept {
  const bool large = !pooling() || size > pool_largest;
  if (!large && current == nullptr && try_adopt_heap()) return current->release(block, pool_class(size), use);
  if (current != nullptr)
    current->count_large(0, 1, use);
  else
    count_other(other_released, use);
  if (large) return upstream_release(block, min_alignment);
  auto* one = static_cast<free_block*>(block);
  heap::of(block).accept(one, one, pool_class(size));
}

}  // namespace

// Not inlined, so that a coroutine which resumed on another thread cannot use a thread-local address of the old one.
[[gnu::noinline]] void* pool_allocate(std::size_t size) {
  const std::size_t c = pool_class(size);
  heap* const h = current;
  if (h != nullptr && c < pool_classes) [[likely]]
    if (void* const block = h->try_allocate(c, block_use::node)) [[likely]]
      return block;
  return allocate_slowly(size, block_use::node);
}

[[gnu::noinline]] void pool_release(void* block, std::size_t size) noexcept {
  const std::size_t c = pool_class(size);
  heap* const h = current;
  if (h == nullptr || c == pool_classes) [[unlikely]]
    return release_slowly(block, size, block_use::node);
  h->release(block, c, block_use::node);
}

[[gnu::noinline]] pool_front* pool_front_here() noexcept { return current; }

void* pool_allocate_frame(std::size_t size) { return allocate_slowly(size, block_use::frame); }

void pool_release_frame(void* frame, std::size_t size) noexcept {
  const std::size_t c = pool_class(size);
  heap* const h = current;
  if (h == nullptr || c == pool_classes) return release_slowly(frame, size, block_use::frame);
  h->release(frame, c, block_use::frame);
}

void pool_fetch_early(const free_block& block, std::size_t c) noexcept { heap::fetch_early(block, c); }

[[gnu::noinline]] void pool_flush() noexcept {
  if (heap* h = current) h->flush();
}

frame_counts pool_frames() noexcept {
  constexpr auto frame = static_cast<std::size_t>(block_use::frame);
  // Releases first: a frame that moves on between the two sums then counts as live, never as negative.
  frame_counts n{0, other_released[frame].load(std::memory_order_relaxed)};
  heaps.for_each([&](const heap& h) { n.released += h.released(block_use::frame); });
  n.allocated = other_allocated[frame].load(std::memory_order_relaxed);
  heaps.for_each([&](const heap& h) { n.allocated += h.allocated(block_use::frame); });
  return n;
}

pool_snapshot pool_stats() noexcept {
  pool_snapshot all{0, 0, 0, pooling(), upstream_name};
  constexpr auto node = static_cast<std::size_t>(block_use::node);
  const frame_counts frames = pool_frames();
  std::uint64_t released = other_released[node].load(std::memory_order_relaxed);
  heaps.for_each([&](const heap& h) { released += h.released(block_use::node); });
  std::uint64_t allocated = other_allocated[node].load(std::memory_order_relaxed);
  heaps.for_each([&](const heap& h) {
    allocated += h.allocated(block_use::node);
    all.slabs += h.slabs();
  });
  all.bytes_reserved = all.slabs * slab::size;
  all.blocks_live = (allocated > released ? allocated - released : 0) + (frames.allocated - frames.released);
  return all;
}

}  // namespace weir::inline v0::detail

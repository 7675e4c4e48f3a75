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
// Calls of threads without a heap (pooling off, or after thread exit). Read by pool_stats() only; they order nothing.
constinit std::atomic<std::uint64_t> other_allocated{0};
constinit std::atomic<std::uint64_t> other_released{0};

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

[[gnu::noinline]] void* allocate_slowly(std::size_t size) {
  if (!pooling() || size > largest_block) {
    void* block = upstream_allocate(size, min_alignment);
    if (current != nullptr)
      current->count_large(1, 0);
    else
      other_allocated.fetch_add(1, std::memory_order_relaxed);
    return block;
  }
  if (!exited) {
    adopt_heap();
    return current->allocate(class_of(size));
  }
  struct loan {
    heap& h = lease_heap();
    ~loan() { return_heap(h); }
  } borrowed;
  return borrowed.h.allocate(class_of(size));
}

// False: the thread has left the pool, or there is no memory for a heap.
bool try_adopt_heap() noexcept try {
  if (!exited) adopt_heap();
  return current != nullptr;
} catch (...) {
  return false;
}

[[gnu::noinline]] void release_slowly(void* block, std::size_t size) noexcept {
  const bool large = !pooling() || size > largest_block;
  if (!large && current == nullptr && try_adopt_heap()) return current->release(block, class_of(size));
  if (current != nullptr)
    current->count_large(0, 1);
  else
    other_released.fetch_add(1, std::memory_order_relaxed);
  if (large) return upstream_release(block, min_alignment);
  auto* one = static_cast<free_block*>(block);
  heap_of(block)->accept(one, one, class_of(size));
}

}  // namespace

// Not inlined, so that a coroutine which resumed on another thread cannot use a thread-local address of the old one.
[[gnu::noinline]] void* pool_allocate(std::size_t size) {
  heap* h = current;
  if (h == nullptr || size > largest_block) [[unlikely]]
    return allocate_slowly(size);
  return h->allocate(class_of(size));
}

[[gnu::noinline]] void pool_release(void* block, std::size_t size) noexcept {
  heap* h = current;
  if (h == nullptr || size > largest_block) [[unlikely]]
    return release_slowly(block, size);
  h->release(block, class_of(size));
}

[[gnu::noinline]] void pool_flush() noexcept {
  if (heap* h = current) h->flush();
}

pool_snapshot pool_stats() noexcept {
  pool_snapshot all{0, 0, 0, pooling(), upstream_name};
  // Releases first: a block that moves on between the two sums then counts as live, never as negative.
  std::uint64_t released = other_released.load(std::memory_order_relaxed);
  heaps.for_each([&](const heap& h) { released += h.released(); });
  std::uint64_t allocated = other_allocated.load(std::memory_order_relaxed);
  heaps.for_each([&](const heap& h) {
    allocated += h.allocated();
    all.slabs += h.slabs();
  });
  all.bytes_reserved = all.slabs * slab_size;
  all.blocks_live = allocated > released ? allocated - released : 0;
  return all;
}

}  // namespace weir::inline v0::detail

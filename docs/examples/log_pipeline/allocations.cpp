#include "allocations.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace log_pipeline {
namespace {

std::atomic<std::uint64_t> count{0};

[[maybe_unused]] void* allocate(std::size_t size, std::size_t alignment) {
  if (!in_program_code) count.fetch_add(1, std::memory_order_relaxed);  // a counter, orders nothing
  const std::size_t rounded = (std::max<std::size_t>(size, 1) + alignment - 1) / alignment * alignment;
  void* const block =
      alignment <= alignof(std::max_align_t) ? std::malloc(rounded) : std::aligned_alloc(alignment, rounded);
  if (block == nullptr) throw std::bad_alloc{};
  return block;
}

}  // namespace

std::uint64_t allocation_count() noexcept { return count.load(std::memory_order_relaxed); }

}  // namespace log_pipeline

// The other forms of operator new call one of these two. Sanitizers bring their own, all forms of it: there nothing is
// counted.
#ifndef WEIR_PLAIN_ALLOC
void* operator new(std::size_t size) { return log_pipeline::allocate(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return log_pipeline::allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
void operator delete(void* block, std::align_val_t) noexcept { std::free(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { std::free(block); }
#endif

// tests/support/alloc_count.hpp - counts every allocation of the process.
//
// A test program that is linked with alloc_count.cpp has its own operator new, malloc family, mi_malloc family and
// oneTBB allocation entry points, which count and pass the call on to the real ones. Counted are calls from weir, from
// the test and from shared libraries that go through the dynamic linker; not counted is what a library does inside
// itself (mimalloc's own pages, oneTBB's internal tables). A call that ends in another counted one may count twice:
// the counts answer "none?", and "at least one per item?", nothing finer.
// Sanitizers bring their own allocators: there nothing is counted and available() is false.
#pragma once

#include <cstdint>

namespace support {

struct allocation_counts {
  std::uint64_t operator_new = 0;
  std::uint64_t malloc_family = 0;
  std::uint64_t mimalloc = 0;
  std::uint64_t tbb = 0;

  std::uint64_t total() const noexcept { return operator_new + malloc_family + mimalloc + tbb; }
};

/// All calls since the program started, of all threads.
allocation_counts allocations() noexcept;

/// False when this build cannot count.
bool allocations_counted() noexcept;

/// Calls made by all threads while f ran.
template <class F>
allocation_counts allocations_during(F&& f) {
  const allocation_counts before = allocations();
  f();
  const allocation_counts after = allocations();
  return {after.operator_new - before.operator_new, after.malloc_family - before.malloc_family,
          after.mimalloc - before.mimalloc, after.tbb - before.tbb};
}

}  // namespace support

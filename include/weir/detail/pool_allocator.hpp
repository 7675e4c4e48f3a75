// weir/detail/pool_allocator.hpp - the pool as a standard allocator.                           [floor: job]
#pragma once

#include <weir/detail/pool.hpp>

#include <cstddef>
#include <new>

namespace weir::inline v0::detail {

/// For std::allocate_shared of things that come and go with jobs. What needs more than the pool's alignment of 16 comes
/// from operator new.
template <class T>
struct pool_allocator {
  using value_type = T;
  pool_allocator() noexcept = default;
  template <class U>
  explicit(false) pool_allocator(const pool_allocator<U>&) noexcept {}  // as the standard's rebinding asks for

  [[nodiscard]] T* allocate(std::size_t n) {
    if constexpr (alignof(T) <= 16)
      return static_cast<T*>(pool_allocate(n * sizeof(T)));
    else
      return static_cast<T*>(::operator new(n * sizeof(T), std::align_val_t{alignof(T)}));
  }
  void deallocate(T* block, std::size_t n) noexcept {
    if constexpr (alignof(T) <= 16)
      pool_release(block, n * sizeof(T));
    else
      ::operator delete(block, std::align_val_t{alignof(T)});
  }
  friend bool operator==(const pool_allocator&, const pool_allocator&) noexcept { return true; }
};

}  // namespace weir::inline v0::detail

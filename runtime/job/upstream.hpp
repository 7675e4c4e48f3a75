// job/upstream.hpp - where the pool's memory comes from: mimalloc, or the C++ runtime.         [floor: job]
#pragma once

#include <cstddef>
#include <new>

#if defined(WEIR_MIMALLOC)
#include <mimalloc.h>
#endif

namespace weir::inline v0::detail {

#if defined(WEIR_MIMALLOC)
inline constexpr const char* upstream_name = "mimalloc";

[[nodiscard]] inline void* upstream_allocate(std::size_t size, std::size_t alignment) {
  void* block = mi_malloc_aligned(size, alignment);
  if (block == nullptr) throw std::bad_alloc{};
  return block;
}
inline void upstream_release(void* block, std::size_t alignment) noexcept { mi_free_aligned(block, alignment); }
#else
inline constexpr const char* upstream_name = "system";

[[nodiscard]] inline void* upstream_allocate(std::size_t size, std::size_t alignment) {
  return ::operator new(size, std::align_val_t{alignment});
}
inline void upstream_release(void* block, std::size_t alignment) noexcept {
  ::operator delete(block, std::align_val_t{alignment});
}
#endif

}  // namespace weir::inline v0::detail

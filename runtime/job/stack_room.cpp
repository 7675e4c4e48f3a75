#include "job/stack_room.hpp"

#include <pthread.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace weir::inline v0::detail {
namespace {

// The lowest address that still leaves room. 0 where the system does not say: then there is always room.
std::uintptr_t find_floor() noexcept {
  constexpr std::size_t least = std::size_t{64} * 1024;
  constexpr std::size_t most = std::size_t{8} * 1024 * 1024;  // an unlimited main stack is not mapped as a whole
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 0;
  void* low = nullptr;
  std::size_t size = 0;
  const bool known = pthread_attr_getstack(&attributes, &low, &size) == 0 && size > least;
  pthread_attr_destroy(&attributes);
  if (!known) return 0;
  const std::size_t usable = std::min(size, most);
  const std::uintptr_t top = reinterpret_cast<std::uintptr_t>(low) + size;
  return top - usable + std::max(usable / 4, least);
}

}  // namespace

[[gnu::noinline]] bool stack_room_left() noexcept {
  static thread_local const std::uintptr_t floor = find_floor();
  return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) > floor;
}

}  // namespace weir::inline v0::detail

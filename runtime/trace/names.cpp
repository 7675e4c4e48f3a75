#include "trace/names.hpp"

#include <cstring>

namespace weir::inline v0::tracing {

std::uint32_t name_table::id_of(const char* name) noexcept {
  if (name == nullptr) return unnamed;
  const auto hash = static_cast<std::uint32_t>((reinterpret_cast<std::uintptr_t>(name) * 0x9E3779B97F4A7C15U) >> 40U);
  for (std::uint32_t i = 0; i < tries; ++i) {
    const std::uint32_t at = (hash + i) % size;
    // Relaxed: the number depends on the key alone; the text is published by N2.
    const char* key = entries_[at].key.load(std::memory_order_relaxed);
    if (key == nullptr && entries_[at].key.compare_exchange_strong(key, name, std::memory_order_relaxed)) {  // (N1)
      copy(entries_[at], name);
      return at + first_id;
    }
    if (key == name) return at + first_id;
  }
  return other;
}

void name_table::copy(entry& e, const char* name) noexcept {
  const std::size_t length = strnlen(name, e.text.size());
  std::memcpy(e.text.data(), name, length);
  e.length.store(static_cast<std::uint8_t>(length), std::memory_order_release);  // (N2) publishes the text to D1
}

std::string_view name_table::text_of(std::uint32_t id) const noexcept {
  if (id == unnamed) return {};
  if (id == other || id - first_id >= size) return "(other)";
  const entry& e = entries_[id - first_id];
  return {e.text.data(), e.length.load(std::memory_order_acquire)};  // (D1) pairs with N2
}

}  // namespace weir::inline v0::tracing

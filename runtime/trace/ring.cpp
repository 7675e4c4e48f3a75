#include "trace/ring.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace weir::inline v0::tracing {
namespace {

event_record unpacked(const std::array<std::uint64_t, 4>& words) noexcept {
  const auto [ticks, kind, id, arg] = words;
  return {ticks,
          static_cast<std::uint16_t>(kind),
          static_cast<std::uint16_t>(kind >> 16U),
          static_cast<std::uint32_t>(kind >> 32U),
          id,
          arg};
}

}  // namespace

ring::ring(void* memory, std::uint32_t index, std::uint64_t capacity, when_full full) noexcept
    : header_{*new(memory) header{}},
      slots_{header_.head, reinterpret_cast<slots::slot*>(static_cast<std::byte*>(memory) + ring_header_bytes),
             capacity},
      full_{full},
      limit_{full == when_full::overwrite ? UINT64_MAX : capacity} {
  header_.magic = ring_magic;
  header_.index = index;
  header_.capacity = capacity;
}

void ring::move_in(std::uint32_t thread, std::uint32_t tid, std::string_view name) noexcept {
  const std::lock_guard lock{mutex_};
  const std::uint64_t t = header_.tenants.load(std::memory_order_relaxed);
  tenant_slot& mine = header_.tenant[t % tenant_slots];
  mine = {slots_.next(), thread, tid, {}};
  std::memcpy(mine.name.data(), name.data(), std::min(name.size(), mine.name.size()));
  header_.tenants.store(t + 1, std::memory_order_release);  // for who reads the file
}

void ring::rename(std::string_view name) noexcept {
  const std::lock_guard lock{mutex_};
  const std::uint64_t t = header_.tenants.load(std::memory_order_relaxed);
  if (t == 0) return;
  auto& to = header_.tenant[(t - 1) % tenant_slots].name;
  to = {};
  std::memcpy(to.data(), name.data(), std::min(name.size(), to.size()));
}

// Once full, an eighth has to be free again before anything is written: a gap costs one `lost` event, not one in two.
bool ring::make_room(std::uint64_t n, std::uint64_t ticks) noexcept {
  const std::uint64_t end = tail_.load(std::memory_order_acquire) + capacity();  // (M1) pairs with F2
  const std::uint64_t lost =
      dropped_.load(std::memory_order_relaxed) - told_.load(std::memory_order_relaxed);  // both ours
  const std::uint64_t wanted = lost == 0 ? 1 : 2 + (capacity() - 1) / 8;
  if (end - n < wanted) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  limit_ = end;
  if (lost == 0) return true;
  slots_.put(n, packed({ticks, static_cast<std::uint16_t>(detail::event::lost), 0, 0, 0, lost}));
  told_.fetch_add(lost, std::memory_order_relaxed);
  return true;
}

std::uint64_t ring::read(std::uint64_t from, std::uint64_t end, std::vector<event_record>& out) const {
  const std::uint64_t there = full_ == when_full::overwrite ? capacity() - 1 : capacity();  // see sync/slot_ring.hpp
  const std::uint64_t first = std::min(std::max(from, end > there ? end - there : 0), end);
  const std::size_t before = out.size();
  for (std::uint64_t n = first; n < end; ++n) out.push_back(unpacked(slots_.load(n)));
  if (full_ == when_full::drop) return first;  // nothing is overwritten
  const std::uint64_t intact = std::clamp(slots_.intact_from(), first, end);
  const auto at = out.begin() + static_cast<std::ptrdiff_t>(before);
  out.erase(at, at + static_cast<std::ptrdiff_t>(intact - first));
  return intact;
}

std::vector<tenant_slot> ring::tenants() const {
  const std::lock_guard lock{mutex_};
  const std::uint64_t end = header_.tenants.load(std::memory_order_relaxed);
  std::vector<tenant_slot> all;
  for (std::uint64_t t = end > tenant_slots ? end - tenant_slots : 0; t < end; ++t)
    all.push_back(header_.tenant[t % tenant_slots]);
  return all;
}

void ring::free_until(std::uint64_t n) noexcept { tail_.store(n, std::memory_order_release); }  // (F2) pairs with M1

std::uint64_t ring::untold() const noexcept {
  return dropped_.load(std::memory_order_relaxed) - told_.load(std::memory_order_relaxed);
}

}  // namespace weir::inline v0::tracing

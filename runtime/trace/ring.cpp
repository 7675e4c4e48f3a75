#include "trace/ring.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <iterator>
#include <new>

namespace weir::inline v0::tracing {

// From the kernel, not from the heap: zeroed, and only what is written ever becomes resident.
std::unique_ptr<ring::slot[], ring::unmap> ring::map(std::size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc{};
  return {static_cast<slot*>(memory), unmap{bytes}};
}

void ring::unmap::operator()(slot* slots) const noexcept { munmap(slots, bytes); }

ring::ring(std::size_t bytes) : slots_{map(bytes)}, mask_{bytes / sizeof(slot) - 1} {}

void ring::move_in(int tid, const std::string& name) {
  const std::lock_guard lock{mutex_};
  if (tenants_.size() == most_tenants) tenants_.erase(tenants_.begin());
  tenants_.push_back({head_.load(std::memory_order_relaxed), tid, name});
}

void ring::move_out(const std::string& name) noexcept {
  const std::lock_guard lock{mutex_};
  if (!tenants_.empty() && name.size() <= tenants_.back().name.capacity()) tenants_.back().name.assign(name);
}

void ring::restart() noexcept {
  const std::lock_guard lock{mutex_};
  base_ = head_.load(std::memory_order_acquire);  // as R1
}

record ring::load(std::uint64_t n) const noexcept {
  const slot& s = slots_[n & mask_];
  // (R2) acquire: see the protocol above.
  const std::uint64_t ticks = s[0].load(std::memory_order_acquire);
  const std::uint64_t kind = s[1].load(std::memory_order_acquire);
  const std::uint64_t id = s[2].load(std::memory_order_acquire);
  const std::uint64_t arg = s[3].load(std::memory_order_acquire);
  return {ticks, static_cast<detail::event>(kind & 0xFFFFU), static_cast<std::uint32_t>(kind >> 32U), id, arg};
}

ring::contents ring::read() const {
  const std::lock_guard lock{mutex_};
  const std::uint64_t end = head_.load(std::memory_order_acquire);  // (R1) pairs with W3
  const auto oldest = [&](std::uint64_t head) { return std::max(base_, head > mask_ ? head - mask_ : 0); };

  std::uint64_t first = oldest(end);
  std::vector<record> events;
  events.reserve(end - first);
  for (std::uint64_t n = first; n < end; ++n) events.push_back(load(n));

  // (R3) what was overwritten meanwhile, or may be in the middle of it
  const std::uint64_t intact = std::min(end, oldest(head_.load(std::memory_order_acquire)));

  contents all;
  std::uint64_t given = 0;
  for (std::size_t t = 0; t < tenants_.size(); ++t) {
    const std::uint64_t from = std::max(tenants_[t].first, intact);
    const std::uint64_t to = t + 1 < tenants_.size() ? std::min(tenants_[t + 1].first, end) : end;
    if (from >= to) continue;
    const auto begin = events.begin();
    all.tracks.push_back(
        {tenants_[t].tid,
         tenants_[t].name,
         leased() && t + 1 == tenants_.size(),
         {begin + static_cast<std::ptrdiff_t>(from - first), begin + static_cast<std::ptrdiff_t>(to - first)}});
    given += to - from;
  }
  all.lost = end - base_ - given;
  return all;
}

}  // namespace weir::inline v0::tracing

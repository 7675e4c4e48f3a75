#include "job/heap.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "base/add_alone.hpp"
#include "job/upstream.hpp"

namespace weir::inline v0::detail {

// Never returns null: throws std::bad_alloc and leaves the heap as it was.
[[gnu::noinline]] free_block* heap::refill(std::size_t c) {
  if (free_block* back = returned_[c].take_all()) return back;
  if (fresh_[c] == fresh_end_[c]) add_slab(c);
  return carve(c);
}

void heap::add_slab(std::size_t c) {
  void* memory = upstream_allocate(slab::size, slab::size);
  auto* start = static_cast<std::byte*>(memory);
  ::new (memory) slab{.owner = this};
  const std::size_t block_size = (c + 1) * pool_block_step;
  fresh_[c] = start + sizeof(slab);
  fresh_end_[c] = fresh_[c] + (slab::size - sizeof(slab)) / block_size * block_size;
  base::add_alone(slabs_, 1);
}

// A few blocks at a time, in rising order: memory is touched when it is needed, and neighbours come out together.
free_block* heap::carve(std::size_t c) noexcept {
  const std::size_t block_size = (c + 1) * pool_block_step;
  const auto left = static_cast<std::size_t>(fresh_end_[c] - fresh_[c]) / block_size;
  free_block* first = nullptr;
  free_block** link = &first;
  for (std::size_t n = std::min(left, carve_at_once); n > 0; --n) {
    *link = ::new (fresh_[c]) free_block{nullptr, nullptr};
    link = &(*link)->next;
    fresh_[c] += block_size;
  }
  return first;
}

[[gnu::noinline]] void heap::send(heap& owner, free_block* block, std::size_t c) noexcept {
  // Direct mapped: two owners that share a place push shorter chains, nothing worse.
  chain& out = outgoing_[(reinterpret_cast<std::uintptr_t>(&owner) / sizeof(heap) + c) % chains];
  if (out.owner != &owner || out.c != c) {
    dispatch(out);
    out.owner = &owner;
    out.c = c;
  }
  block->next = out.first;
  block->ahead = std::exchange(out.recent[out.length % distance], block);
  out.first = block;
  if (out.length++ == 0) out.last = block;
  if (out.length == chain_limit(c)) dispatch(out);
}

void heap::dispatch(chain& out) noexcept {
  if (out.length == 0) return;
  out.owner->accept(out.first, out.last, out.c);
  out.first = out.last = nullptr;
  out.length = 0;
  out.recent = {};
}

void heap::flush() noexcept {
  for (chain& out : outgoing_) dispatch(out);
}

}  // namespace weir::inline v0::detail

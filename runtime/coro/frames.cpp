// The count is spread over cells so that threads do not share a line for it; a frame may be allocated on one cell and
// released on another, only the sum means something. Relaxed throughout: the count orders nothing.
#include <weir/detail/frames.hpp>

#include <array>
#include <atomic>

#include <weir/detail/pool.hpp>

namespace weir::inline v0::detail {
namespace {

struct alignas(64) cell {
  std::atomic<std::int64_t> frames{0};
};

constinit std::array<cell, 32> cells{};
constinit std::atomic<unsigned> next_cell{0};

[[gnu::noinline]] cell& this_cell() noexcept {
  static thread_local cell& mine = cells[next_cell.fetch_add(1, std::memory_order_relaxed) % cells.size()];
  return mine;
}

}  // namespace

void* frame_allocate(std::size_t size) {
  void* const frame = pool_allocate(size);
  this_cell().frames.fetch_add(1, std::memory_order_relaxed);
  return frame;
}

void frame_release(void* frame, std::size_t size) noexcept {
  this_cell().frames.fetch_sub(1, std::memory_order_relaxed);
  pool_release(frame, size);
}

std::int64_t live_frames() noexcept {
  std::int64_t sum = 0;
  for (const auto& c : cells) sum += c.frames.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace weir::inline v0::detail

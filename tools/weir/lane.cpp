#include "lane.hpp"

#include <algorithm>

namespace weir_tool {
namespace {

constexpr std::uint32_t at_once = 512;

}  // namespace

bool cursor::next(item& out) {
  while (at_ == buffer_.size())
    if (!refill()) return false;
  out.record = buffer_[at_++];
  out.thread = thread_;
  return true;
}

bool cursor::refill() {
  if (extent_ == lane_->extents.size()) return false;
  const extent& e = lane_->extents[extent_];
  const std::uint32_t n = std::min(at_once, e.events - within_);
  buffer_.resize(n);
  const std::size_t bytes = n * sizeof(format::event_record);
  const std::size_t got = trace_->in.read(e.offset + within_ * sizeof(format::event_record), buffer_.data(), bytes);
  buffer_.resize(got / sizeof(format::event_record));
  at_ = 0;
  thread_ = e.thread;
  if (lane_->ring != 0) drop_overwritten(e.first + within_);
  within_ += n;
  if (within_ == e.events) {
    ++extent_;
    within_ = 0;
  }
  return true;
}

// What the thread may have overwritten while it was copied is what its head, read after the copy, no longer allows.
void cursor::drop_overwritten(std::uint64_t first) {
  std::uint64_t head = 0;
  if (!trace_->in.get(lane_->ring + format::ring_head_at, head) || head < lane_->capacity) return;
  const std::uint64_t kept = head - lane_->capacity + 1;
  if (kept <= first) return;
  at_ = std::min<std::uint64_t>(kept - first, buffer_.size());
  overwritten_ += at_;
}

}  // namespace weir_tool

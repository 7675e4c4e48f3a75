// trace/seat.hpp - a thread's place among those that record.                                  [floor: trace]
//
// Threads    a seat belongs to the thread that leased it; quiesce: who stops a recording.
// Invariants A1  once quiesce() has returned after the mask was cleared, no thread is inside a visit that saw it set;
//                so rings can be read exactly, and their memory can go
// Protocol   sync/visitor.hpp; the door is the mask. Who sees it set by a start (release) sees the session, too.
#pragma once

#include <array>
#include <cstdint>

#include <weir/detail/trace.hpp>

#include "sync/lease_list.hpp"
#include "sync/visitor.hpp"
#include "trace/ring.hpp"

namespace weir::inline v0::tracing {

/// What runs on a thread, innermost last; deeper nesting than it has room for is not known.
class run_stack {
 public:
  void push(std::uint64_t id, bool muted) noexcept {
    if (depth_ < entries_.size()) entries_[depth_] = {id, muted};
    ++depth_;
  }
  void pop(std::uint64_t id) noexcept {
    std::uint32_t at = depth_;
    while (at > 0 && (at > entries_.size() || entries_[at - 1].id != id)) --at;
    if (at > 0) depth_ = at - 1;  // what was opened inside of it and never closed goes too
  }
  [[nodiscard]] detail::trace_running top() const noexcept {
    if (depth_ == 0 || depth_ > entries_.size()) return {0, false};
    return entries_[depth_ - 1];
  }
  void clear() noexcept { depth_ = 0; }

 private:
  std::array<detail::trace_running, 16> entries_{};
  std::uint32_t depth_ = 0;
};

struct seat : sync::leasable<seat> {
  sync::visitor visitor;
  ring* place = nullptr;        ///< inside a visit, or after quiesce()
  std::uint32_t roots = 0;      ///< seen by this thread, for sampling
  std::uint32_t recording = 0;  ///< whose `running` is
  run_stack running;
};

/// Between its construction and its end the thread may use its seat's ring, if open().
class visit {
 public:
  explicit visit(seat& s) noexcept : seat_{s}, mask_{enter(s)} {}
  visit(const visit&) = delete;
  visit& operator=(const visit&) = delete;
  ~visit() { seat_.visitor.leave(); }

  [[nodiscard]] bool open(std::uint32_t categories) const noexcept { return (mask_ & categories) != 0; }

 private:
  static std::uint32_t enter(seat& s) noexcept {
    s.visitor.enter();
    return detail::trace_mask.load(std::memory_order_acquire);  // (E3) pairs with a start's release
  }

  seat& seat_;
  const std::uint32_t mask_;
};

/// The calling thread's seat; null: it cannot record (no memory, or it is exiting).
[[nodiscard]] seat* my_seat() noexcept;

/// Requires  the mask was cleared. Nobody is inside a visit that saw it set; seats have no ring any more.
void quiesce() noexcept;

}  // namespace weir::inline v0::tracing

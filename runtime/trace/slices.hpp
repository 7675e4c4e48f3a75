// trace/slices.hpp - the nested slices of one thread.                                         [floor: trace]
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "trace/timeline.hpp"

namespace weir::inline v0::tracing {

/// Turns opens and closes into matching pairs of entries, whatever was overwritten at the start or is still open.
class slice_stack {
 public:
  slice_stack(std::vector<entry>& out, int tid) noexcept : out_{out}, tid_{tid} {}

  void open(std::uint64_t ns, std::string_view category, std::string_view name, std::uint64_t id, std::uint64_t arg) {
    if (!open_.empty() && open_.back().category == parked) pop(ns, 0, false);  // who runs something has woken up
    open_.push_back({ns, phase::slice_begin, tid_, category, name, id, arg, false});
    out_.push_back(open_.back());
  }

  /// Closes the innermost slice of this category and id, and what was opened inside of it and never closed.
  /// False when there is none.
  bool close(std::uint64_t ns, std::string_view category, std::uint64_t id, std::uint64_t arg) {
    std::size_t at = open_.size();
    while (at > 0 && !(open_[at - 1].category == category && open_[at - 1].id == id)) --at;
    if (at == 0) return false;
    while (open_.size() > at) pop(ns, 0, true);
    pop(ns, arg, false);
    return true;
  }

  /// The recording ends here.
  void finish(std::uint64_t ns) {
    while (!open_.empty()) pop(ns, 0, true);
  }

  static constexpr std::string_view parked = "park";

 private:
  void pop(std::uint64_t ns, std::uint64_t arg, bool unfinished) {
    entry end = open_.back();
    open_.pop_back();
    end.ns = ns;
    end.what = phase::slice_end;
    end.arg = arg;
    end.unfinished = unfinished;
    out_.push_back(end);
  }

  std::vector<entry>& out_;
  std::vector<entry> open_;
  int tid_;
};

}  // namespace weir::inline v0::tracing

// trace/spans.hpp - asynchronous spans: begin and end may come from different threads.        [floor: trace]
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "trace/timeline.hpp"

namespace weir::inline v0::tracing {

/// Pairs the begins and ends of one category by id. Feed it in order of time.
class span_pairs {
 public:
  span_pairs(std::vector<entry>& out, std::string_view category) noexcept : out_{out}, category_{category} {}

  void begin(std::uint64_t ns, int tid, std::string_view name, std::uint64_t id, std::uint64_t arg) {
    if (const auto early = early_ends_.find(id); early != early_ends_.end()) {
      const bool ours = ns - early->second <= skew_ns;
      early_ends_.erase(early);
      if (ours) {
        ++reordered_;
        emit({ns, phase::span_begin, tid, category_, name, id, arg, false}, ns, arg, false);
        return;
      }
    }
    // An id that begins again was reused, and its end was not seen: the old begin says nothing any more.
    open_[id] = {ns, phase::span_begin, tid, category_, name, id, arg, false};
  }

  void end(std::uint64_t ns, std::uint64_t id, std::uint64_t arg) {
    const auto begun = open_.find(id);
    if (begun == open_.end()) {
      early_ends_[id] = ns;  // overwritten begin, or one that comes late by the clocks' difference
      return;
    }
    emit(begun->second, ns, arg, false);
    open_.erase(begun);
  }

  /// The recording ends here. Returns how many pairs were out of order.
  std::uint64_t finish(std::uint64_t ns) {
    for (const auto& [id, begun] : open_) emit(begun, ns, 0, true);
    open_.clear();
    return reordered_;
  }

 private:
  void emit(const entry& begun, std::uint64_t ns, std::uint64_t arg, bool unfinished) {
    out_.push_back(begun);
    entry end = begun;
    end.ns = ns;
    end.what = phase::span_end;
    end.arg = arg;
    end.unfinished = unfinished;
    out_.push_back(end);
  }

  std::vector<entry>& out_;
  std::string_view category_;
  std::unordered_map<std::uint64_t, entry> open_;
  std::unordered_map<std::uint64_t, std::uint64_t> early_ends_;
  std::uint64_t reordered_ = 0;
};

}  // namespace weir::inline v0::tracing

// explorer/trail.hpp - the depth-first search: every execution is a list of answers, the next list is the next
// execution.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir::inline v0::model {

class trail {
 public:
  void clear() { choices_.clear(), next_ = 0; }
  void rewind() noexcept { next_ = 0; }

  /// One of 0..n-1: what the list says, then 0.
  unsigned choose(unsigned n) {
    if (next_ == choices_.size()) choices_.push_back({0, static_cast<std::uint16_t>(n)});
    choice& c = choices_[next_++];
    if (c.of != n) diverged_ = true;  // the body is not deterministic
    return c.taken;
  }

  /// Moves to the next execution. False: there is none, the search is complete.
  bool advance() {
    while (!choices_.empty() && choices_.back().taken + 1 == choices_.back().of) choices_.pop_back();
    if (choices_.empty()) return false;
    ++choices_.back().taken;
    return true;
  }

  [[nodiscard]] bool diverged() const noexcept { return diverged_; }

 private:
  struct choice {
    std::uint16_t taken, of;
  };
  std::vector<choice> choices_;
  std::size_t next_ = 0;
  bool diverged_ = false;
};

}  // namespace weir::inline v0::model

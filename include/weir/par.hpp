// weir/par.hpp - how many at once: the bound that every range form demands (D6).               [floor: coro]
#pragma once

#include <cstddef>
#include <stdexcept>

namespace weir::inline v0 {

class par {
 public:
  /// At most `count` at once. Errors  std::invalid_argument if it is 0.
  constexpr explicit par(std::size_t count) : count_{count} {
    if (count == 0) throw std::invalid_argument{"weir::par: count must be at least 1"};
  }
  [[nodiscard]] constexpr std::size_t count() const noexcept { return count_; }

 private:
  std::size_t count_;
};

}  // namespace weir::inline v0

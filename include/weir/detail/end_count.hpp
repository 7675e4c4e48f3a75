// weir/detail/end_count.hpp - how many hold one side of something.                                 [floor: flow]
#pragma once

#include <atomic>
#include <cstdint>

namespace weir::inline v0::detail {

/// The last one to go sees everything the others did.
class end_count {
 public:
  explicit end_count(std::uint32_t ends = 1) noexcept : ends_{ends} {}
  void add() noexcept;
  [[nodiscard]] bool drop() noexcept;  ///< true: it was the last

 private:
  std::atomic<std::uint32_t> ends_;
};

}  // namespace weir::inline v0::detail

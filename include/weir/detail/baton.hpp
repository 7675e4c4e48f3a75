// weir/detail/baton.hpp - given by one task, taken by another one that waits for it.               [floor: flow]
//
// Given again before it is taken, it is given once. What precedes give() happens before what follows the take.
#pragma once

#include <weir/detail/line_wait.hpp>

namespace weir::inline v0::detail {

class baton : private line_of_tasks {
 public:
  baton() noexcept : line_of_tasks{"baton", &passes} {}
  void give() noexcept;

  /// The awaiter: goes on with the baton in hand.
  class taking : public line_awaiter {
   public:
    explicit taking(baton* of) noexcept : line_awaiter{of} {}
  };

 private:
  static bool passes(line_of_tasks& me, wake_list& none) noexcept;

  bool given_ = false;
};

}  // namespace weir::inline v0::detail

// rt/start_gate.hpp - holds the workers' hooks back until the runtime they may use is whole.    [floor: rt]
//
// The anchor's thread starts in the middle of the runtime's construction. A hook may call runtime::current() and use
// what it finds, so it waits until the constructor has nothing left to do. A construction that fails lets the waiters
// go without calling their hooks: the anchor is about to be joined.
#pragma once

#include <future>
#include <utility>

namespace weir::inline v0::detail {

class start_gate {
 public:
  /// The runtime is whole. Once.
  void open() { told_.set_value(); }

  /// `hook`, held back; as it is when it is empty.
  template <class Hook>
  [[nodiscard]] Hook hold(const Hook& hook) const {
    if (!hook) return hook;
    return [whole = whole_, hook](unsigned index) {
      if (passed(whole)) hook(index);
    };
  }

  /// Destroyed before the threads are joined when the construction fails.
  class failure {
   public:
    explicit failure(start_gate& gate) noexcept : gate_{gate} {}
    failure(const failure&) = delete;
    failure& operator=(const failure&) = delete;
    ~failure() { [[maybe_unused]] const std::promise<void> broken = std::move(gate_.told_); }

   private:
    start_gate& gate_;
  };

 private:
  static bool passed(const std::shared_future<void>& whole) {
    try {
      whole.get();
      return true;
    } catch (const std::future_error&) {
      return false;
    }
  }

  std::promise<void> told_;
  std::shared_future<void> whole_{told_.get_future()};
};

}  // namespace weir::inline v0::detail

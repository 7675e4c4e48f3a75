// weir/strand.hpp - jobs that never overlap and run in the order in which they were posted.     [floor: rt]
//
// A strand is an executor on top of a runtime's workers: its jobs run one at a time, each on some worker, each seeing
// what the one before it did. No thread is held while it is idle. Bounded on its own: a strand that is full waits,
// rejects or runs... nothing inline (that would break the order): on_full::run_inline becomes queue_full here.
#pragma once

#include <weir/executor.hpp>

#include <memory>

namespace weir::inline v0 {

namespace detail {
class strand_core;
}

struct strand_options {
  std::size_t capacity = 4096;  ///< jobs queued or running; at least 1
  bool wait = true;             ///< full: outside threads wait; false: queue_full. Workers never wait
  const char* name = "strand";  ///< static string
};

class strand {
 public:
  /// Errors    std::invalid_argument (capacity 0)
  explicit strand(executor on, const strand_options& options = {});

  /// What is queued still runs. Does not wait for it.
  ~strand();
  strand(strand&&) noexcept;
  strand& operator=(strand&&) noexcept;

  /// Where jobs are handed in: post, submit, post_after, ... A bulk is one job here: its items run in order.
  /// Valid as long as the strand.
  /// Requires  not moved from
  [[nodiscard]] executor get() const& noexcept;
  executor get() const&& = delete;  // it would refer to a strand that is gone with this expression
  operator executor() const& noexcept { return get(); }
  operator executor() const&& = delete;

  /// True inside a job of this strand.
  [[nodiscard]] bool is_running_here() const noexcept;
  [[nodiscard]] std::size_t size() const noexcept;  ///< queued or running

 private:
  std::shared_ptr<detail::strand_core> core_;
};

}  // namespace weir::inline v0

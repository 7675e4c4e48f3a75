// weir/detail/completion_wait.hpp - a coroutine waits for a completion, unless it is stopped.  [floor: job]
//
//   begin     enlist -> register with the stop state -> arm (runtime/sync/wait_phase.hpp)
//   completed the task resumes at its home                        stop   owned: cancel the job if it is still queued,
//                                                                        else leave it; shared: leave it
// "Leave it": the wait ends with operation_cancelled, the result goes its way without us. What has been withdrawn is
// never woken: an owned completion has one waiter, which is taken out by CAS; a shared one has many, so there a pooled
// node stands in the list and is disowned.
// The awaiter is the waiter: it lives in the frame of the awaiting coroutine, nothing is allocated (shared: one node,
// and only inside a scope that can be stopped).
#pragma once

#include <weir/detail/completion.hpp>
#include <weir/detail/stop_state.hpp>

#include <atomic>
#include <cstdint>

namespace weir::inline v0::detail {

class completion_wait : private completion_waiter, private stop_node {
 public:
  completion_wait(const completion_wait&) = delete;
  completion_wait& operator=(const completion_wait&) = delete;

 protected:
  using resume_fn = void (*)(completion_wait&) noexcept;

  explicit completion_wait(bool shared) noexcept : completion_waiter{&on_done}, stop_node{&on_stop}, shared_{shared} {}
  ~completion_wait() = default;

  /// True: suspended; `resume` will be called, perhaps already has been. False: go on at once.
  [[nodiscard]] bool begin(completion& on, stop_state* stop, resume_fn resume);
  /// After the wait; throws operation_cancelled when it was stopped.
  void end();

 private:
  struct stand_in;

  static void on_done(completion_waiter& w) noexcept;
  static void on_stop(stop_node& n) noexcept;
  void done() noexcept;
  [[nodiscard]] bool interrupt() noexcept;

  completion* on_ = nullptr;
  stop_state* stop_ = nullptr;
  resume_fn resume_ = nullptr;
  stand_in* stand_in_ = nullptr;
  std::atomic<std::uint8_t> phase_{0};
  const bool shared_;
  bool stopped_ = false;
};

}  // namespace weir::inline v0::detail

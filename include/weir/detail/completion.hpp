// weir/detail/completion.hpp - the part of a future that does not depend on its type.          [floor: job]
//
//   queued --claim--> claimed --finish--> done        (promises start like queued jobs, but nobody can run them)
//
// A completion is shared by the side that owes the result (a queue's job, a promise) and by the futures; the last to
// let go destroys it. Whoever wins the claim (the worker that took the job out, a waiter that runs it in place, a
// canceller) produces the result, alone, and finishes; finish() wakes exactly those who wait.
// Accounting  A job that a waiter ran in place is counted by the waiter, and its place in the queue says `elsewhere`.
//             A job that was cancelled through its future is counted where it leaves the queue: `cancelled`.
// Protocol, memory orders: runtime/sync/completion_slot.hpp.
#pragma once

#include <weir/detail/job.hpp>
#include <weir/detail/scheduler.hpp>
#include <weir/detail/thread_context.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <utility>

namespace weir::inline v0::detail {

/// A continuation: its wake() is called once, on the thread that finishes, after which the waiter may be gone.
struct alignas(16) completion_waiter {
  using wake_fn = void (*)(completion_waiter&) noexcept;
  explicit completion_waiter(wake_fn fn) noexcept : wake{fn} {}

  completion_waiter* next = nullptr;
  wake_fn wake;
};

class completion {
 public:
  /// What there is to read once ready() has said true.
  enum class content : unsigned { nothing, value, error, cancelled, broken };

  struct operations {
    outcome (*execute)(completion&) noexcept;  ///< runs the claimed job in place; null for promises. internal: do not
                                               ///< count it
    void (*abandon)(completion&) noexcept;     ///< gives the claimed job a cancelled end; null for promises
    void (*destroy)(completion&) noexcept;     ///< destroys and frees the whole node
  };

  completion(const completion&) = delete;
  completion& operator=(const completion&) = delete;

  void retain() noexcept;
  /// The last to release destroys. An error that nobody has looked at is reported then.
  void release() noexcept;

  // --- the side that owes the result ---

  [[nodiscard]] bool claim() noexcept;
  void unclaim() noexcept;
  /// What the queue's place is worth after its claim was lost.
  [[nodiscard]] outcome lost() const noexcept;
  /// matters: report the error if nobody ever looks at it.
  void set_error(std::exception_ptr error, bool matters = true) noexcept {
    error_ = std::move(error);
    content_ = content::error;
    observed_.store(!matters, std::memory_order_relaxed);  // orders nothing: see rethrow()
  }
  void set_content(content what) noexcept { content_ = what; }

  /// For the one owner of a result: if it is an exception, throws it and keeps nothing, so that no other thread is the
  /// last to hold it.
  void throw_error_out();
  /// Publishes content, value and error, and wakes the waiters. The caller holds a reference.
  void finish() noexcept;

  // --- the side that waits ---

  [[nodiscard]] bool ready() const noexcept;
  /// Blocks until ready; on a worker of the job's own runtime runs the job in place when it is still queued.
  /// Throws would_deadlock on a reactor thread, runtime_closed in the child of a fork when it belongs to somebody.
  void wait();
  /// Blocks until ready (true) or the deadline (false); never runs the job.
  [[nodiscard]] bool wait_until(time_point deadline);
  /// True: w.wake will be called, perhaps already has been. False: the result is there.
  [[nodiscard]] bool enlist(completion_waiter& w) noexcept;
  /// Takes back the only waiter ever enlisted. True: it will not be woken. False: it has been, or is about to be.
  [[nodiscard]] bool withdraw(completion_waiter& w) noexcept;
  /// True: the job was still queued and has now ended as cancelled.
  bool cancel() noexcept;
  /// Throws what is there instead of a value. Requires ready().
  void rethrow();

  /// The scheduler whose workers may run the job in place; null (the default): any. Set before the job is enqueued.
  void belongs_to(const void* owner) noexcept { owner_ = owner; }

 protected:
  completion(const operations& ops, std::uint32_t references) noexcept : ops_{&ops}, refs_{references} {}
  ~completion() = default;

  [[nodiscard]] content what() const noexcept { return content_; }

 private:
  void finish_as(std::uintptr_t how) noexcept;
  [[nodiscard]] bool look_a_while(thread_context& here, time_point deadline = time_point::max()) const noexcept;
  [[nodiscard]] bool block(std::int64_t timeout_ns);

  const operations* ops_;
  std::atomic<std::uintptr_t> word_{0};
  std::atomic<std::uint32_t> refs_;
  std::atomic<std::uint32_t> gate_{0};
  std::exception_ptr error_;
  const void* owner_ = nullptr;
  content content_ = content::nothing;
  std::atomic<bool> observed_{false};  // an error was thrown to somebody; orders nothing
};

/// To the calling thread's runtime or, outside, to the default sink.
void report_here(const weir::report& r) noexcept;

/// Reports an exception that has no waiter, to the calling thread's runtime or, outside, to the default sink.
void report_unhandled(const char* name, std::exception_ptr error) noexcept;

/// Owns one reference of a completion.
template <class State>
class completion_ref {
 public:
  completion_ref() noexcept = default;
  /// Takes over a reference that the caller holds.
  explicit completion_ref(State* adopted) noexcept : state_{adopted} {}
  completion_ref(const completion_ref& other) noexcept : state_{other.state_} {
    if (state_ != nullptr) state_->retain();
  }
  completion_ref(completion_ref&& other) noexcept : state_{std::exchange(other.state_, nullptr)} {}
  completion_ref& operator=(completion_ref other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~completion_ref() {
    if (state_ != nullptr) state_->release();
  }

  [[nodiscard]] State* operator->() const noexcept { return state_; }
  [[nodiscard]] State& operator*() const noexcept { return *state_; }
  explicit operator bool() const noexcept { return state_ != nullptr; }

 private:
  State* state_ = nullptr;
};

}  // namespace weir::inline v0::detail

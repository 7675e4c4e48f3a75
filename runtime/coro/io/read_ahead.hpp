// coro/io/read_ahead.hpp - one chunk of a file on its way while another is worked on.            [floor: coro]
//
//   next(): wait for the chunk under way -> take it -> send the next one off -> return
// The read is a job of its own: it outlives the reader that is destroyed meanwhile, by holding its state (self).
// Handshake   phase: running -> (the waiting task's promise) -> done. The job exchanges `done` in; whoever it finds
//             there is woken. The task puts itself in by CAS from `running`; if that fails the chunk is there.
#pragma once

#include <weir/detail/promise.hpp>
#include <weir/detail/stop_state.hpp>
#include <weir/error.hpp>
#include <weir/io/buffer.hpp>

#include <atomic>

#include "coro/io/open_file.hpp"

namespace weir::inline v0::detail {

class read_ahead {
 public:
  read_ahead(file_ref f, std::uint64_t offset) : read_{std::make_shared<read_job>(std::move(f), offset)} {}

  class awaiter {
   public:
    using weir_awaitable = void;
    awaiter(read_ahead& owner, buffer_pool& chunks) noexcept : owner_{owner}, chunks_{chunks} {}
    bool await_ready() const noexcept { return false; }
    template <task_promise P>
    bool await_suspend(std::coroutine_handle<P> h) {
      return owner_.wait(h.promise(), chunks_);
    }
    buffer await_resume() { return owner_.take(chunks_); }

   private:
    read_ahead& owner_;
    buffer_pool& chunks_;
  };

  /// The next chunk; empty at the end. Errors: std::system_error, again each time; operation_cancelled.
  [[nodiscard]] awaiter next(buffer_pool& chunks) noexcept { return awaiter{*this, chunks}; }

 private:
  enum : std::uintptr_t { running = 0, done = 1 };  // anything else: the waiting task's promise

  struct read_job : blocking_job {
    read_job(file_ref f, std::uint64_t from) noexcept
        : blocking_job{&act_read, "file read"}, file{std::move(f)}, offset{from} {}
    static outcome act_read(job* j, action what) noexcept;

    file_ref file;
    buffer chunk;
    std::uint64_t offset;
    std::int64_t result = 0;
    std::atomic<std::uintptr_t> phase{running};
    std::shared_ptr<read_job> self;  ///< while it is under way
  };

  /// False: go on at once.
  [[nodiscard]] bool wait(promise_base& task, buffer_pool& chunks);
  [[nodiscard]] buffer take(buffer_pool& chunks);
  void send_off(buffer_pool& chunks);

  std::shared_ptr<read_job> read_;
  scheduler* sched_ = nullptr;
  bool under_way_ = false;
  bool stopped_ = false;
};

}  // namespace weir::inline v0::detail

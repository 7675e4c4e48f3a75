// pipeline.hpp - the stages, put together on weir.
//
//            acquire            submit                      FIFO of futures
//   reader ----------> fill ------------> rt.cpu(): enrich  ==============>  writer thread --> output
//      ^                                                                          |
//      +------------------------------ free batches <-----------------------------+
//
// Order    the writer takes the futures in the order in which the batches were submitted, and waits for each of them:
//          batches may finish in any order, they are written in input order.
// Bound    there are 4 batches per worker and 4 more, whatever the length of the input. When none is free, readers
//          wait; so a slow output slows the input down.
// Threads  readers: any (several at once for --listen). Workers: weir's. The writer may block in write(2), so it is
//          a thread of its own and not a job.
#pragma once

#include <weir/future.hpp>
#include <weir/runtime.hpp>

#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "batch.hpp"
#include "blocking_queue.hpp"
#include "enricher.hpp"
#include "writer.hpp"

namespace log_pipeline {

using batch_ptr = std::unique_ptr<batch>;

class pipeline {
 public:
  pipeline(weir::runtime& rt, output& to);
  ~pipeline() { finish(); }

  /// A free batch; null when there was none within the limit. Any thread.
  [[nodiscard]] batch_ptr acquire(std::chrono::milliseconds limit);

  /// Takes a filled batch. Batches submitted by one thread are written in that order. Any thread.
  void submit(batch_ptr b);

  /// Takes back a batch that was not filled. Any thread.
  void give_back(batch_ptr b) { free_.push(std::move(b)); }

  /// True when the output takes no more, or a batch could not be worked on: reading on is in vain. Any thread.
  [[nodiscard]] bool has_failed() const noexcept { return failed_.load(std::memory_order_relaxed); }

  /// The lines submitted so far. Any thread.
  [[nodiscard]] std::uint64_t lines_in() const {
    const std::lock_guard lock{order_};
    return lines_in_;
  }

  /// Waits until everything submitted is written. Then the results below may be looked at.
  /// Errors  what the work on a batch threw (not: what the output refused; see output::error)
  void finish_and_check();

  [[nodiscard]] const writer& written() const noexcept { return writer_; }
  [[nodiscard]] statistics merged_statistics() const;

  /// Batches on their way from a reader to the writer; their number is the program's bound. Any thread.
  [[nodiscard]] const blocking_queue<weir::future<batch_ptr>>& in_flight() const noexcept { return in_flight_; }
  [[nodiscard]] const blocking_queue<batch_ptr>& free() const noexcept { return free_; }

 private:
  void finish() noexcept;
  void write_in_order();
  [[nodiscard]] enricher& enricher_here();

  weir::executor cpu_;
  /// One for each worker, made by it: what different workers write all the time must not lie side by side, as it does
  /// when one thread allocates it for all.
  std::vector<std::unique_ptr<enricher>> enrichers_;
  output& output_;
  writer writer_;
  blocking_queue<batch_ptr> free_;
  blocking_queue<weir::future<batch_ptr>> in_flight_;
  mutable std::mutex order_;  ///< lines_in_, and: the FIFO has the order of the submissions
  std::uint64_t lines_in_ = 0;
  std::atomic<bool> failed_{false};
  std::exception_ptr error_;
  std::thread writer_thread_;
};

}  // namespace log_pipeline

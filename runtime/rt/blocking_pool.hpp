// rt/blocking_pool.hpp - threads for calls that block, apart from workers and reactor.          [floor: rt]
//
//   submit -> line (intrusive: the jobs live in the frames of the tasks that wait for them) -> one of at most N threads
//
// Threads are started when all existing ones are busy, up to the limit, and end after some seconds without work. The
// line is bounded by the tasks that wait in it; its length and high-water mark are in stats().
// Locking     One mutex for everything; never held while a job runs. A blocking call costs more than any lock.
// Failure     A thread that cannot be created is reported; with no thread alive at all the job is cancelled.
// Shutdown    stop() cancels what is queued, waits for what runs, joins every thread.
#pragma once

#include <weir/detail/job.hpp>
#include <weir/report.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace weir::inline v0::detail {

class scheduler;

struct blocking_options {
  unsigned max_threads = 16;
  std::chrono::milliseconds idle{5000};
  std::string name = "weir-blk";
  scheduler* sched = nullptr;
  std::function<void(const report&)> on_report{};
};

struct blocking_stats {
  unsigned threads = 0;
  unsigned running = 0;
  std::size_t queued = 0;
  std::size_t high_water = 0;
};

class blocking_pool {
 public:
  explicit blocking_pool(blocking_options options) : options_{std::move(options)} {}
  ~blocking_pool() { stop(); }
  blocking_pool(const blocking_pool&) = delete;
  blocking_pool& operator=(const blocking_pool&) = delete;

  /// Runs j on one of the threads, in the order of submission. After stop(): cancels it in place.
  void submit(job& j) noexcept;
  void stop() noexcept;
  [[nodiscard]] blocking_stats stats() const;

 private:
  using handle = std::list<std::thread>::iterator;

  void serve(handle self) noexcept;
  [[nodiscard]] job* next(std::unique_lock<std::mutex>& lock);
  [[nodiscard]] bool start_thread();
  [[nodiscard]] job* take() noexcept;

  const blocking_options options_;
  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::list<std::thread> threads_;  // live
  std::list<std::thread> ended_;    // to be joined by the next one who passes
  job* first_ = nullptr;
  job** last_ = &first_;
  std::size_t queued_ = 0, high_water_ = 0;
  unsigned idle_ = 0, started_ = 0;
  bool stopping_ = false;
};

}  // namespace weir::inline v0::detail

#include <weir/thread_pool.hpp>

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include "base/cpu_count.hpp"
#include "base/fork_guard.hpp"

namespace weir::inline v0 {

namespace {

// A thread serves a runtime in several stints; a pool's init runs once per thread. Each pool is known by a token that
// lives as long as its hook, so that a later pool at the same address is a different one.
class once_per_thread {
 public:
  explicit once_per_thread(std::function<void(unsigned)> init) : init_{std::move(init)} {}

  void operator()(unsigned index) const {
    static thread_local std::vector<std::weak_ptr<const int>> done;
    std::erase_if(done, [](const auto& token) { return token.expired(); });
    for (const auto& token : done)
      if (token.lock() == token_) return;
    done.push_back(token_);
    init_(index);
  }

 private:
  std::function<void(unsigned)> init_;
  std::shared_ptr<const int> token_ = std::make_shared<const int>(0);
};

const thread_pool_options& checked(const thread_pool_options& options) {
  if (options.queue_capacity == 0)
    throw std::invalid_argument{"weir: thread_pool_options::queue_capacity must be >= 1"};
  if (options.threads > base::most_threads)
    throw std::invalid_argument{"weir: thread_pool_options::threads must be <= " + std::to_string(base::most_threads)};
  if (options.on_full > on_full::run_inline)
    throw std::invalid_argument{"weir: thread_pool_options::on_full is none of wait, reject, run_inline"};
  return options;
}

std::unique_ptr<runtime> make_runtime(const thread_pool_options& options) {
  runtime_options r;
  r.threads = options.threads;
  r.thread_name = options.thread_name;
  r.on_report = options.on_report;
  if (options.init) r.on_thread_start = once_per_thread{options.init};
  return std::make_unique<runtime>(r);
}

}  // namespace

thread_pool::thread_pool(const thread_pool_options& options) : thread_pool{checked(options), make_runtime(options)} {}

thread_pool::thread_pool(const thread_pool_options& options, std::unique_ptr<weir::runtime> made)
    : runtime_{std::move(made)},
      threads_{runtime_->cpu().workers()},
      queue_{std::make_unique<detail::pool_queue>(runtime_->cpu().core(), threads_, options.queue_capacity,
                                                  options.on_full)} {}

thread_pool::~thread_pool() {
  if (base::in_forked_child()) {  // the threads, and perhaps a held lock, are the parent's: leave everything alone
    (void)queue_.release();       // NOLINT(bugprone-unused-return-value)
    (void)runtime_.release();     // NOLINT(bugprone-unused-return-value)
    return;
  }
  if (weir::runtime::current() == runtime_.get()) {
    std::fputs("weir: a thread_pool was destroyed by one of its own threads; it would wait for itself for ever\n",
               stderr);
    std::terminate();
  }
  queue_->begin_end();
  wait();
  runtime_.reset();
}

}  // namespace weir::inline v0

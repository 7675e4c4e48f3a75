// support/fake_scheduler.hpp - a scheduler and a thread role without a runtime, for tests of the job floor.
#pragma once

#include <weir/detail/scheduler.hpp>
#include <weir/detail/thread_context.hpp>

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

namespace weir_test {

/// Keeps what it is given until the test asks for it.
class fake_scheduler : public weir::detail::scheduler {
 public:
  virtual ~fake_scheduler() = default;
  struct seen_report {
    weir::report_kind kind;
    std::string name, message;
    std::exception_ptr error;
  };

  [[nodiscard]] weir::detail::time_point now() const noexcept override { return {}; }
  void resume(weir::detail::job& j, weir::detail::home where) noexcept override {
    const std::lock_guard lock{mutex_};
    (where == weir::detail::home::cpu ? cpu_ : io_).push_back(&j);
  }
  [[nodiscard]] bool on(weir::detail::home) const noexcept override { return false; }
  void start(weir::detail::operation&) noexcept override {}
  void cancel(weir::detail::operation&) noexcept override {}
  void run_blocking(weir::detail::blocking_job&) noexcept override {}
  void report(const weir::report& r) noexcept override {
    const std::lock_guard lock{mutex_};
    reports.push_back({r.kind, std::string{r.name}, std::string{r.message}, r.error});
  }
  void task_started() noexcept override {}
  void task_ended(weir::detail::outcome) noexcept override {}

  /// Runs what was resumed on one home so far; the number of jobs.
  std::size_t run(weir::detail::home where) {
    std::vector<weir::detail::job*> batch;
    {
      const std::lock_guard lock{mutex_};
      batch.swap(where == weir::detail::home::cpu ? cpu_ : io_);
    }
    for (weir::detail::job* j : batch) (void)j->act(j, weir::detail::action::run);
    return batch.size();
  }

  std::vector<seen_report> reports;  ///< to be read when nobody else runs

 private:
  std::mutex mutex_;
  std::vector<weir::detail::job*> cpu_, io_;
};

/// The calling thread plays a role for the scope's lifetime, and what its waits announce is counted.
class thread_role_scope {
 public:
  explicit thread_role_scope(weir::detail::thread_role role, weir::detail::scheduler* sched = nullptr) {
    auto& here = weir::detail::this_thread_context();
    saved_ = here;
    here = {role, 0, sched, this, nullptr, nullptr};
    if (role == weir::detail::thread_role::worker) {
      here.blocking = [](weir::detail::thread_context& c, bool begins) noexcept {
        ++(begins ? self(c).blocks_begun : self(c).blocks_ended);
      };
      here.count = [](weir::detail::thread_context& c, weir::detail::outcome how) noexcept {
        self(c).counted.push_back(how);
      };
    }
  }
  thread_role_scope(const thread_role_scope&) = delete;
  thread_role_scope& operator=(const thread_role_scope&) = delete;
  ~thread_role_scope() { weir::detail::this_thread_context() = saved_; }

  int blocks_begun = 0, blocks_ended = 0;
  std::vector<weir::detail::outcome> counted;

 private:
  static thread_role_scope& self(weir::detail::thread_context& c) { return *static_cast<thread_role_scope*>(c.engine); }
  weir::detail::thread_context saved_;
};

/// What a queue's consumer does with a job.
inline weir::detail::outcome run(weir::detail::job* j) { return j->act(j, weir::detail::action::run); }
inline weir::detail::outcome cancel(weir::detail::job* j) { return j->act(j, weir::detail::action::cancel); }

/// Counts its own lives.
struct counted_object {
  static inline std::atomic<int> made{0}, destroyed{0};
  static inline int throw_on_copy = -1;  ///< the copy or move with this number throws; < 0: none
  static void reset(int throwing = -1) { made = 0, destroyed = 0, throw_on_copy = throwing; }
  static bool balanced() { return made == destroyed; }

  counted_object() { ++made; }
  counted_object(const counted_object&) { copy(); }
  counted_object(counted_object&&) { copy(); }  // NOLINT(performance-noexcept-move-constructor): that is the point
  counted_object& operator=(const counted_object&) = default;
  ~counted_object() { ++destroyed; }

 private:
  static void copy() {
    if (throw_on_copy >= 0 && throw_on_copy-- == 0) throw 42;
    ++made;
  }
};

}  // namespace weir_test

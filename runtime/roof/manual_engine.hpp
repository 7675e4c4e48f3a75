// roof/manual_engine.hpp - the scheduler behind testing::manual_runtime.                       [floor: roof]
//
//   timers_ --due--> completing_ --complete()--> ready_ --run_one--> tasks --start, resume, cancel--> timers_, ready_
//
// One thread, checked. A round is: complete what is due, then run as many jobs as were ready at that point.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include <weir/detail/thread_context.hpp>
#include <weir/testing.hpp>

#include "job/report_writer.hpp"

namespace weir::inline v0::testing {

class manual_runtime::engine final : public detail::scheduler {
 public:
  explicit engine(const manual_options& options);
  ~engine();

  // detail::scheduler
  [[nodiscard]] detail::time_point now() const noexcept override { return now_; }
  void resume(detail::job& j, detail::home where) noexcept override;
  [[nodiscard]] bool on(detail::home where) const noexcept override;
  void start(detail::operation& op) noexcept override;
  void cancel(detail::operation& op) noexcept override;
  void run_blocking(detail::blocking_job& j) noexcept override;
  detail::blocking_job::place withdraw_blocking(detail::blocking_job& j) noexcept override;
  void report(const weir::report& r) noexcept override;
  void task_started() noexcept override { ++counts_.started; }
  void task_ended(detail::outcome how) noexcept override;

  /// One round; the number of jobs run, 0 if nothing was due or ready.
  std::size_t round();
  [[nodiscard]] bool idle() const noexcept;
  /// Moves the clock to the first timer, but not past `limit`; false if there is none before it.
  bool jump(detail::time_point limit);
  void move_clock(detail::time_point t) noexcept { now_ = t; }

  void spawn(task<void> t, const char* name, detail::home where);
  void call_at(detail::time_point t, std::function<void()> fn);

  /// Makes the calling thread this runtime's for a block; would_deadlock if it already is.
  class entered {
   public:
    explicit entered(engine& e);
    ~entered() { detail::this_thread_context() = before_; }
    entered(const entered&) = delete;
    entered& operator=(const entered&) = delete;

   private:
    detail::thread_context before_;
  };

  detail::root_base* awaited = nullptr;  ///< what block_on runs; null once it has ended
  bool stuck = false;

 private:
  enum class place : std::uint8_t { cpu, io, blocking };
  struct ready_job {
    detail::job* work;
    place where;
  };
  struct spawned_root;
  struct timed_call;
  using timer_key = std::pair<detail::time_point, std::size_t>;  // the second: order of arming

  static void spawned_ended(detail::root_base& root) noexcept;
  void require_own_thread(const char* call) const noexcept;
  void complete_due();
  void run_one();
  void cancel_everything();

  const std::shared_ptr<const void> life_ = std::make_shared<char>();
  const std::thread::id thread_ = std::this_thread::get_id();
  [[nodiscard]] std::size_t decide(std::size_t ready);

  const bool shuffled_;
  const bool record_;
  std::mt19937_64 random_;
  const std::vector<std::uint32_t> schedule_;
  std::size_t decided_ = 0;
  std::vector<std::uint32_t> decisions_;
  detail::time_point now_;
  std::size_t armed_so_far_ = 0;
  bool closing_ = false;
  place running_ = place::cpu;
  bool in_job_ = false;
  std::map<timer_key, detail::operation*> timers_;
  std::vector<detail::operation*> completing_;
  std::deque<ready_job> ready_;
  std::list<std::unique_ptr<spawned_root>> spawned_;
  task_counts counts_;
  std::vector<recorded_report> reports_;
  std::size_t seen_reports_ = 0;  ///< somebody has looked at so many
  const bool strict_;
  detail::report_writer writer_;

  friend class manual_runtime;
};

}  // namespace weir::inline v0::testing

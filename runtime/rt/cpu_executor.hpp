// rt/cpu_executor.hpp - the executor of a runtime's workers.                                   [floor: rt]
#pragma once

#include <weir/detail/executor_core.hpp>

#include "base/fork_guard.hpp"
#include "cpu/engine.hpp"
#include "rt/delayed_set.hpp"

namespace weir::inline v0::detail {

class cpu_executor final : public executor_core {
 public:
  cpu_executor(cpu::engine& workers, cpu::full_policy policy, scheduler& clock, delayed_set& delayed) noexcept
      : engine_{workers}, policy_{policy}, clock_{clock}, delayed_{delayed} {}

  admission submit(job& j, std::uint64_t weight) override { return one(j, weight, policy_); }
  admission try_submit(job& j) override { return one(j, 1, cpu::full_policy::reject); }
  admission submit_due(job& j) noexcept override { return engine_.submit_due(j); }
  std::size_t submit_all(job* const* jobs, std::size_t n, admission& why) override {
    return engine_.submit(jobs, n, 1, policy_, why);
  }
  bool enter(job& j) noexcept override;
  void count_items(outcome how, std::uint64_t n) noexcept override { engine_.count_items(how, n); }
  bool hungry() const noexcept override { return engine_.hungry(); }
  bool share(job& j) noexcept override { return engine_.share(j); }
  bool is_worker_here() const noexcept override { return engine_.is_worker_here(); }
  const void* owner() const noexcept override { return &clock_; }
  unsigned workers() const noexcept override { return engine_.workers(); }
  scheduler* home_of_tasks() const noexcept override { return &clock_; }
  void schedule(std::shared_ptr<delayed> d, due_target& on) override {
    base::refuse_in_forked_child();
    d->start(clock_, on, delayed_);
  }
  [[nodiscard]] bool attempt(std::uint64_t n) override { return engine_.attempt(n); }
  void reject(std::uint64_t n) noexcept override { engine_.reject(n); }

 private:
  admission one(job& j, std::uint64_t weight, cpu::full_policy policy) {
    job* const only = &j;
    admission why{};
    (void)engine_.submit(&only, 1, weight, policy, why);
    return why;
  }

  cpu::engine& engine_;
  const cpu::full_policy policy_;
  scheduler& clock_;
  delayed_set& delayed_;
};

}  // namespace weir::inline v0::detail

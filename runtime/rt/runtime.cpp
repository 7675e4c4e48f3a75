#include <weir/detail/pool.hpp>
#include <weir/runtime.hpp>
#include "base/cpu_count.hpp"
#include "rt/runtime_impl.hpp"
namespace weir::inline v0 {
namespace detail {
static cpu::engine_options eo(const runtime_options& o) {
  cpu::engine_options e;
  e.workers = o.threads ? o.threads : base::default_thread_count();
  e.queue_capacity = o.queue_capacity;
  e.name = o.thread_name;
  e.spin = o.spin;
  e.on_thread_start = o.on_thread_start;
  e.on_thread_stop = o.on_thread_stop;
  e.on_report = o.on_report;
  return e;
}
runtime_impl::runtime_impl(runtime& f, const runtime_options& o)
    : facade{f},
      workers{eo(o)},
      cpu{workers, static_cast<cpu::full_policy>(o.on_full), *static_cast<scheduler*>(nullptr), delayed} {}
}  // namespace detail
runtime::runtime(const runtime_options& o) : impl_{std::make_unique<detail::runtime_impl>(*this, o)} {}
runtime::~runtime() {
  impl_->workers.close();
  impl_->workers.wait_quiet(std::chrono::steady_clock::time_point::max());
  impl_->workers.stop();
}
executor runtime::cpu() noexcept { return executor{impl_->cpu}; }
void runtime::wait_idle() { impl_->workers.wait_quiet(std::chrono::steady_clock::time_point::max()); }
runtime_stats runtime::stats() const {
  auto c = impl_->workers.counts();
  runtime_stats s;
  s.jobs_attempted = c.attempts;
  s.jobs_ok = c.ok;
  s.jobs_failed = c.failed;
  s.jobs_cancelled = c.cancelled;
  s.jobs_rejected = c.rejected;
  s.jobs_stolen = c.stolen;
  s.worker_parks = c.parked;
  s.workers = impl_->workers.workers();
  s.workers_granted = impl_->workers.granted();
  s.queue_in_use_items = impl_->workers.queue().credits_in_use();
  s.queue_high_water_items = impl_->workers.queue().high_water();
  return s;
}
}  // namespace weir::inline v0

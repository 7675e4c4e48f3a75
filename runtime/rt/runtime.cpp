#include <weir/runtime.hpp>

#include <weir/detail/saturating.hpp>
#include <weir/detail/thread_context.hpp>
#include <weir/error.hpp>

#include <cstdio>
#include <exception>

#include "base/fork_guard.hpp"
#include "rt/runtime_impl.hpp"

namespace weir::inline v0 {

using detail::time_point;

runtime::runtime(const runtime_options& options) : impl_{std::make_unique<detail::runtime_impl>(*this, options)} {
  impl_->open_hooks();
}

runtime::~runtime() {
  if (base::in_forked_child()) {  // the threads are the parent's: there is nothing to join, and nothing to run
    (void)impl_.release();        // NOLINT(bugprone-unused-return-value)
    return;
  }
  if (impl_->is_own_thread()) {
    std::fputs("weir: a runtime was destroyed by one of its own threads; it would wait for itself for ever\n", stderr);
    std::terminate();
  }
  impl_->finish_and_stop();
}

executor runtime::cpu() noexcept { return impl_->cpu(); }
detail::scheduler& runtime::scheduler() noexcept { return *impl_; }
runtime_stats runtime::stats() const {
  base::refuse_in_forked_child();  // it takes locks
  return impl_->stats();
}

snapshot runtime::observe() const { return {impl_->now(), stats(), weir::observe()}; }
std::string runtime::report() { return impl_->writer(observe()); }

void runtime::wait_idle() {
  refuse_own_threads("wait_idle");
  (void)impl_->wait_idle(time_point::max());
}

bool runtime::wait_idle_for(std::chrono::nanoseconds limit) {
  refuse_own_threads("wait_idle_for");
  return impl_->wait_idle(detail::deadline_after(limit));
}

shutdown_report runtime::shutdown(shutdown_mode mode, std::chrono::nanoseconds deadline) {
  refuse_own_threads("shutdown");
  return impl_->shutdown(mode, detail::deadline_after(deadline));
}

runtime* runtime::current() noexcept {
  detail::scheduler* const here = detail::this_thread_context().sched;
  auto* const impl = dynamic_cast<detail::runtime_impl*>(here);
  return impl == nullptr ? nullptr : &impl->facade();
}

void runtime::refuse_own_threads(const char* what) const {
  base::refuse_in_forked_child();
  if (impl_->is_own_thread())
    throw would_deadlock{std::string{"weir: runtime::"} + what + " on one of the runtime's own threads"};
}

}  // namespace weir::inline v0

#include <weir/detail/thread_context.hpp>
#include <weir/detail/thread_wait.hpp>
#include <weir/error.hpp>

#include "sync/join_flag.hpp"

namespace weir::inline v0::detail {

void thread_wait::check_may_wait(const scheduler& sched, const char* what) {
  const thread_context& here = this_thread_context();
  if (here.role != thread_role::outside && here.sched == &sched)
    throw would_deadlock{std::string{"weir: "} + what + " on one of the runtime's own threads"};
}

void thread_wait::done() noexcept { sync::join_flag::finish(word_); }

void thread_wait::wait() noexcept {
  thread_context& here = this_thread_context();
  if (here.blocking != nullptr) here.blocking(here, true);
  sync::join_flag::wait(word_);
  if (here.blocking != nullptr) here.blocking(here, false);
}

}  // namespace weir::inline v0::detail

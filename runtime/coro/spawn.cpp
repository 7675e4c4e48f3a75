#include <weir/spawn.hpp>

#include <weir/detail/trace.hpp>
#include <weir/this_task.hpp>

namespace weir::inline v0 {

namespace {

// Reported before the task's end is counted: after that the runtime may be gone.
task<void> run_in_background(detail::task_frame<void> work, const char* name) {
  const runtime_handle rt = co_await current_runtime();
  if (detail::traced(detail::event::detach)) detail::trace(detail::event::detach, detail::trace_current().id);
  try {
    co_await detail::task_awaiter<void>{std::move(work)};
  } catch (const operation_cancelled&) {
    throw;
  } catch (...) {
    rt.scheduler().report({report_kind::unhandled_exception, name, "a background task ended with an exception",
                           std::current_exception()});
    throw;
  }
}

class background_root final : public detail::root_task<void> {
 public:
  explicit background_root(task<void>&& t) : root_task<void>{std::move(t), &finished} {}

 private:
  static void finished(root_base& self) noexcept { detail::destroy_node(static_cast<background_root*>(&self)); }
};

}  // namespace

void background(runtime_handle rt, task<void> work, const char* name, detail::home where) {
  auto* const root = detail::make_node<background_root>(run_in_background(std::move(work).take_frame(), name));
  if (root->start(rt.scheduler(), where, name)) return;
  detail::destroy_node(root);
  throw runtime_closed{};
}

}  // namespace weir::inline v0

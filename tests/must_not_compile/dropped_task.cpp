// expect: nodiscard|warn_unused_result
// A task that nobody awaits would do nothing; there is no fire-and-forget.
#include <weir/task.hpp>

weir::task<> work() { co_return; }
weir::task<> caller() {
#ifdef MISUSE
  work();
#else
  co_await work();
#endif
}

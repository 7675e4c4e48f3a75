// expect: nodiscard|warn_unused_result
// Admission is awaited: a loop that forgets it would start everything at once.
#include <weir/task_group.hpp>

weir::task<> work() { co_return; }
weir::task<> scope(weir::task_group& g) {
#ifdef MISUSE
  g.spawn(work());
  co_return;
#else
  co_await g.spawn(work());
#endif
}

// expect: detach
// A task cannot be detached.
#include <weir/task.hpp>

weir::task<> work() { co_return; }
weir::task<> caller() {
#ifdef MISUSE
  work().detach();
  co_return;
#else
  co_await work();
#endif
}

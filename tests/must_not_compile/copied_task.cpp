// expect: deleted
#include <utility>

#include <weir/task.hpp>

weir::task<> work() { co_return; }
weir::task<> caller() {
  auto t = work();
#ifdef MISUSE
  auto second = t;
#else
  auto second = std::move(t);
#endif
  co_await std::move(second);
}

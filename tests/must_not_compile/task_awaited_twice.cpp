// expect: a task is awaited once
#include <utility>

#include <weir/task.hpp>

weir::task<> work() { co_return; }
weir::task<> caller() {
  auto t = work();
#ifdef MISUSE
  co_await t;
  co_await t;
#else
  co_await std::move(t);
#endif
}

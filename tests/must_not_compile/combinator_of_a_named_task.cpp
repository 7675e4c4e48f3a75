// expect: a task is awaited once
#include <utility>

#include <weir/when.hpp>

weir::task<> work() { co_return; }
weir::task<> caller() {
  auto t = work();
#ifdef MISUSE
  co_await weir::when_all(t, work());
#else
  co_await weir::when_all(std::move(t), work());
#endif
}

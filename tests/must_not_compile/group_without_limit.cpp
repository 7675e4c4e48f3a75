// expect: limit|par
// How many at once has no default.
#include <weir/task_group.hpp>

weir::task<> scope(weir::task_group&) { co_return; }
weir::task<> caller() {
#ifdef MISUSE
  co_await weir::with_group({.name = "unbounded"}, scope);
#else
  co_await weir::with_group({.limit = weir::par{4}, .name = "bounded"}, scope);
#endif
}

// expect: must return a weir::task
#include <weir/task_group.hpp>

#ifdef MISUSE
void scope(weir::task_group&) {}
#else
weir::task<> scope(weir::task_group&) { co_return; }
#endif
weir::task<> caller() { co_await weir::with_group({.limit = weir::par{4}}, scope); }

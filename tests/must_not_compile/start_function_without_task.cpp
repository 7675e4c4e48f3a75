// expect: must return a weir::task
#include <weir/task_group.hpp>

#ifdef MISUSE
int serve(weir::started<int>) { return 1; }
#else
weir::task<> serve(weir::started<int> ready) {
  ready(1);
  co_return;
}
#endif
weir::task<> scope(weir::task_group& g) { static_cast<void>(co_await g.start<int>("server", serve)); }

// expect: deleted
// Nobody ever ends first of none.
#include <weir/when.hpp>

weir::task<> work() { co_return; }
weir::task<> caller() {
#ifdef MISUSE
  co_await weir::race();
#else
  co_await weir::race(work(), work());
#endif
}

// expect: nodiscard|warn_unused_result
#include <weir/when.hpp>

weir::task<> work() { co_return; }
weir::task<> caller() {
#ifdef MISUSE
  weir::when_all(work(), work());
  co_return;
#else
  co_await weir::when_all(work(), work());
#endif
}

// expect: nodiscard|warn_unused_result
#include <vector>

#include <weir/streams.hpp>

weir::task<> caller(const std::vector<int>& v) {
#ifdef MISUSE
  weir::from(v) | weir::for_each([](int) {});
  co_return;
#else
  co_await (weir::from(v) | weir::for_each([](int) {}));
#endif
}

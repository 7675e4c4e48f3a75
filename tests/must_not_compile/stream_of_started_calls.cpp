// expect: these calls have been started, all at once
#include <vector>

#include <weir/streams.hpp>

weir::task<> caller(std::vector<weir::future<int>> started, const std::vector<int>& ids) {
#ifdef MISUSE
  co_await (weir::from(started) | weir::for_each([](weir::future<int>&) {}));
  static_cast<void>(ids);
#else
  co_await (weir::from(ids) | weir::for_each([](int) {}));
  static_cast<void>(started);
#endif
}

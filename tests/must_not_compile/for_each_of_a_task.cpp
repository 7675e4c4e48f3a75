// expect: say how many at once
#include <vector>

#include <weir/streams.hpp>

weir::task<> insert(int) { co_return; }
weir::task<> caller(const std::vector<int>& v) {
#ifdef MISUSE
  co_await (weir::from(v) | weir::for_each(insert));
#else
  co_await (weir::from(v) | weir::for_each(weir::par{1}, insert));
#endif
}

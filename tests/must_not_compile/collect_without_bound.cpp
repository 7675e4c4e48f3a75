// expect: collect
// How much may be kept has no default.
#include <vector>

#include <weir/streams.hpp>

weir::task<> caller(const std::vector<int>& v) {
#ifdef MISUSE
  co_await (weir::from(v) | weir::collect());
#else
  co_await (weir::from(v) | weir::collect(1000));
#endif
}

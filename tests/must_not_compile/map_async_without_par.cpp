// expect: map_async
// How many at once has no default.
#include <vector>

#include <weir/streams.hpp>

weir::task<int> fetch(int id) { co_return id; }
weir::task<> caller(const std::vector<int>& v) {
#ifdef MISUSE
  co_await (weir::from(v) | weir::map_async(fetch) | weir::collect(10));
#else
  co_await (weir::from(v) | weir::map_async(fetch, weir::par{4}) | weir::collect(10));
#endif
}

// expect: the function returns a task, which nobody would await
#include <vector>

#include <weir/streams.hpp>

weir::task<int> fetch(int id) { co_return id; }
weir::task<> caller(const std::vector<int>& v) {
#ifdef MISUSE
  co_await (weir::from(v) | weir::map(fetch) | weir::collect(10));
#else
  co_await (weir::from(v) | weir::map_async(fetch, weir::par{1}) | weir::collect(10));
#endif
}

// expect: deleted
// A range of tasks needs a bound.
#include <utility>
#include <vector>

#include <weir/when.hpp>

weir::task<> caller(std::vector<weir::task<int>> many) {
#ifdef MISUSE
  co_await weir::when_all_settled(std::move(many));
#else
  co_await weir::when_all_settled(std::move(many), weir::par{20});
#endif
}

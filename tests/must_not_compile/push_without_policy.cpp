// expect: from_push
// What becomes of a value that finds no room has no default.
#include <weir/push_source.hpp>

void caller() {
#ifdef MISUSE
  auto [in, out] = weir::from_push<int>(1024);
#else
  auto [in, out] = weir::from_push<int>(1024, weir::overflow::drop_oldest);
#endif
  static_cast<void>(in.push(1));
}

#include <weir/detail/thread_context.hpp>

namespace weir::inline v0::detail {

[[gnu::noinline]] thread_context& this_thread_context() noexcept {
  static thread_local constinit thread_context context;
  return context;
}

}  // namespace weir::inline v0::detail

// weir/detail/request.hpp - what a function that is to be awaited returns: the recipe of an awaiter.  [floor: flow]
//
// Awaiters of this floor are linked into lists, so they must not move; a compiler may move what await_transform passes
// on. A request is a few trivial values; the awaiter is made in the awaiting frame by operator co_await.
#pragma once

#include <tuple>
#include <type_traits>

namespace weir::inline v0::detail {

template <class Awaiter, class... Args>
class [[nodiscard]] request {
  static_assert((std::is_trivially_destructible_v<Args> && ...), "written inside a co_await expression; gcc 12");

 public:
  using weir_awaitable = void;
  explicit request(Args... args) noexcept : args_{args...} {}
  Awaiter operator co_await() && {
    return std::apply([](auto... args) { return Awaiter(args...); }, args_);
  }

 private:
  std::tuple<Args...> args_;
};

}  // namespace weir::inline v0::detail

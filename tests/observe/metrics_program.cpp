// Prints a runtime's metrics in the middle of its work; names contain what has to be escaped.
#include <cstdio>
#include <ranges>

#include <weir/weir.hpp>

namespace {

weir::task<> print_in_the_middle(weir::runtime& rt) {
  weir::channel<int> feed{8, {.name = "feed \"a\\b\""}};
  weir::limiter pool{4, {.name = "pool"}};
  weir::resource_pool<int> handles{
      rt, {.limit = 2, .name = "handles"}, {.make = []() -> weir::task<int> { co_return 7; }}};
  for (int i = 0; i < 5; ++i) co_await feed.send(i);
  feed.close();
  bool printed = false;
  auto work = [&](int) -> weir::task<> {
    const weir::permit p = co_await pool.acquire();
    const auto handle = co_await handles.acquire();
    if (!std::exchange(printed, true)) std::fputs(rt.metrics().c_str(), stdout);
  };
  auto job = weir::from(feed) | weir::for_each(weir::par{1}, work, "work");
  co_await std::move(job);
}

}  // namespace

int main() {
  weir::runtime rt{{.threads = 2}};
  rt.cpu().post([] {});
  rt.block_on(print_in_the_middle(rt));
  return 0;
}

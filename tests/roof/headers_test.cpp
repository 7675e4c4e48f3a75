// Headers that offer something are enough for it: no third one is needed. Includes only what the test is about.
#include <weir/runtime.hpp>
#include <weir/streams.hpp>

#include <doctest/doctest.h>

TEST_CASE("headers: runtime.hpp and streams.hpp are enough to run a pipeline") {
  weir::runtime rt{{.threads = 1}};
  const int numbers[] = {1, 2, 3};
  auto twice = [](int n) -> weir::task<int> { co_return 2 * n; };
  auto job = weir::from(numbers) | weir::map_async(twice, weir::par{2}) | weir::collect(10);
  CHECK(rt.block_on(std::move(job)) == std::vector{2, 4, 6});
}

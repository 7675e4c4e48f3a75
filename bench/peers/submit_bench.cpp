// submit_bench.cpp - a result for every job: submit, then read each back, a window of 1024 at a time.
//
// ns per item from one outside thread to 2 workers; 64 bytes of closure, about 15 ns of hash; the sum of the results is
// checked. std::async has no workers: it starts a thread for each call.
#include <weir/runtime.hpp>

#include <algorithm>
#include <future>
#include <vector>

#include "peers/mutex_pool.hpp"
#include "peers/payload.hpp"
#include "support/contest.hpp"
#include "support/targets.hpp"

namespace {

constexpr unsigned workers = 2;
constexpr std::uint64_t window = 1024;
using bench::payload;

// submit(payload) gives a future; all of a window are submitted before the first is read.
template <class Submit>
std::uint64_t windows(std::uint64_t n, Submit submit) {
  std::vector<decltype(submit(payload{}))> results;
  results.reserve(window);
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < n;) {
    for (const std::uint64_t end = std::min(n, i + window); i < end; ++i) results.push_back(submit(payload::make(i)));
    for (auto& r : results) sum += r.get();
    results.clear();
  }
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  bench::suite suite{argc, argv};
  weir::runtime rt{weir::runtime_options{.threads = workers}};
  bench::mutex_pool<std::packaged_task<std::uint64_t()>> pool{workers};

  bench::contest c{.name = "submit", .workers = workers, .correct = bench::sum_is_right};
  c.ours = {.work =
                [&](std::uint64_t n) {
                  return windows(n, [&](const payload& p) { return rt.cpu().submit([p] { return p.hash(); }); });
                },
            .most = bench::by_compiler(65, 95)};
  c.peers = {{.name = "packaged_task pool",
              .work =
                  [&](std::uint64_t n) {
                    return windows(n, [&](const payload& p) {
                      std::packaged_task<std::uint64_t()> task{[p] { return p.hash(); }};
                      auto result = task.get_future();
                      pool.post(std::move(task));
                      return result;
                    });
                  },
              .least = 10},
             {.name = "std::async, a thread each",
              .work =
                  [](std::uint64_t n) {
                    return windows(
                        n, [](const payload& p) { return std::async(std::launch::async, [p] { return p.hash(); }); });
                  },
              .at_most = 10'000}};
  c.run(suite);
  return suite.finish();
}

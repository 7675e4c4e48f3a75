// post_bulk_bench.cpp - many jobs handed over at once, and a range as one job.
//
// ns per item, 2 workers, 64 bytes of payload and about 15 ns of hash for each item.
//   post_each/K    K different callables in one call, one node each, beside the peers' batched forms
//   post_bulk/K    K payloads as one range with one function: one node for all of them
//   submit_bulk    f(i) for a whole array, beside tbb::parallel_for: the 95 % interval decides, not the median
#include <weir/executor.hpp>
#include <weir/runtime.hpp>

#include <tbb/parallel_for.h>
#include <asio/post.hpp>
#include <asio/thread_pool.hpp>

#include <algorithm>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "peers/mutex_pool.hpp"
#include "peers/payload.hpp"
#include "peers/spinning_consumers.hpp"
#include "peers/task_group.hpp"
#include "peers/tbb_pool.hpp"
#include "support/contest.hpp"
#include "support/targets.hpp"

namespace {

constexpr unsigned workers = 2;
using bench::payload;

// hand(batch) is called for every batch of `size` payloads.
template <class Hand>
std::function<std::uint64_t(std::uint64_t)> in_batches(std::size_t size, Hand hand) {
  return [size, hand](std::uint64_t n) {
    const bench::totals before = bench::ran();
    std::vector<payload> batch(size);
    for (std::uint64_t i = 0; i < n;) {
      const auto m = static_cast<std::size_t>(std::min<std::uint64_t>(size, n - i));
      for (std::size_t k = 0; k < m; ++k) batch[k] = payload::make(i++);
      hand(std::span{batch}.first(m));
    }
    return bench::await(before, n);
  };
}

}  // namespace

int main(int argc, char** argv) {
  bench::suite suite{argc, argv};
  weir::runtime rt{weir::runtime_options{.threads = workers}};
  bench::mutex_pool<std::function<void()>> mutex_pool{workers};
  bench::tbb_pool tbb{workers};
  constexpr std::uint64_t bounded = 1'000'000;

  for (const std::size_t size : {std::size_t{64}, std::size_t{512}}) {
    const auto raw = [size](std::uint64_t n) { return bench::spinning_consumers{workers}.in_bulk(n, size); };
    const auto range = [&](std::span<const payload> batch) {
      tbb.arena.execute([&] { tbb::parallel_for(std::size_t{0}, batch.size(), [&](std::size_t i) { batch[i](); }); });
    };
    const std::vector<bench::contestant> peers{
        {.name = "raw moodycamel bulk, spinning consumers", .work = raw, .least = 1 / 1.3},
        {.name = "mutex + cv pool, one lock a batch",
         .work = in_batches(size, [&](auto batch) { mutex_pool.post_all(batch); }),
         .at_most = bounded},
        {.name = "tbb::task_group::run, one by one",
         .work = [&](std::uint64_t n) { return bench::task_group_run(tbb, n); },
         .at_most = bounded},
        {.name = "tbb::parallel_for over the batch", .work = in_batches(size, range)}};

    bench::contest each{.name = "post_each/" + std::to_string(size), .workers = workers};
    each.correct = bench::sum_is_right;
    each.ours = {.work = in_batches(size, [&](auto batch) { rt.cpu().post_each(batch); }),
                 .most = bench::by_compiler(32, 40)};
    each.peers = peers;
    each.run(suite);

    bench::contest bulk{.name = "post_bulk/" + std::to_string(size), .workers = workers};
    bulk.correct = bench::sum_is_right;
    const auto post_range = [&](std::span<const payload> batch) {
      rt.cpu().post_bulk(std::vector<payload>(batch.begin(), batch.end()), [](const payload& p) { p(); });
    };
    bulk.ours = {.work = in_batches(size, post_range), .most = bench::by_compiler(32, 40)};
    bulk.peers = peers;
    bulk.run(suite);
  }

  // The same function on the same array. Results are checked by the sums of the threads' cells, as everywhere.
  std::vector<payload> data(payload::period);
  for (std::uint64_t i = 0; i < payload::period; ++i) data[i] = payload::make(i);
  const auto body = [&data](std::size_t i) { data[i % payload::period](); };
  bench::contest range{.name = "submit_bulk", .workers = workers, .correct = bench::sum_is_right};
  range.ours = {.work = [&](std::uint64_t n) {
    const bench::totals before = bench::ran();
    rt.cpu().submit_bulk(n, body).get();
    return bench::await(before, n);
  }};
  tbb::task_arena pair{static_cast<int>(workers)};  // the caller is one of them
  const auto tbb_range = [&](std::uint64_t n) {
    const bench::totals before = bench::ran();
    pair.execute([&] { tbb::parallel_for(std::uint64_t{0}, n, body); });
    return bench::await(before, n);
  };
  range.peers = {{.name = "tbb::parallel_for", .work = tbb_range, .least = 1 / 1.05, .by_interval = true}};
  range.run(suite);
  return suite.finish();
}

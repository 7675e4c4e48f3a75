// post_bench.cpp - fire and forget, one job at a time, from 1, 4 and 8 outside threads to 2 workers.
//
// ns per item from the first post to the last result: 64 bytes of closure, about 15 ns of hash (the row serial_loop).
// With two processors the producers share them with the workers; a producer that meets a full queue sleeps. The peers'
// queues have no bound: they pay with memory (memory_bench.cpp), ours with the credits. Memory is everybody's mimalloc,
// but TBB feeds its tasks from its own allocator.
#include <weir/runtime.hpp>

#include <concurrentqueue/concurrentqueue.h>
#include <asio/post.hpp>
#include <asio/thread_pool.hpp>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
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
using work = std::function<std::uint64_t(std::uint64_t)>;

// post(i) is called once for every i in [0, n), by `producers` threads.
template <class Post>
work from_outside(unsigned producers, Post post) {
  return [producers, post](std::uint64_t n) {
    const bench::totals before = bench::ran();
    const auto part = [&post, n, producers](unsigned p) {
      for (std::uint64_t i = n * p / producers; i < n * (p + 1) / producers; ++i) post(payload::make(i));
    };
    std::vector<std::thread> others;
    for (unsigned p = 1; p < producers; ++p) others.emplace_back(part, p);
    part(0);
    for (std::thread& t : others) t.join();
    return bench::await(before, n);
  };
}

std::uint64_t serial_loop(std::uint64_t n) {
  const bench::totals before = bench::ran();
  for (std::uint64_t i = 0; i < n; ++i) payload::make(i)();
  return bench::await(before, n);
}

void check_capacity(const weir::runtime& rt) {
  const weir::runtime_stats s = rt.stats();
  if (s.queue_high_water_items <= s.queue_capacity_items && s.jobs_balance()) return;
  std::fprintf(stderr, "post_bench: %zu jobs in a queue of %zu, or a job lost\n", s.queue_high_water_items,
               s.queue_capacity_items);
  std::abort();
}

}  // namespace

int main(int argc, char** argv) {
  bench::suite suite{argc, argv};
  weir::runtime rt{weir::runtime_options{.threads = workers}};
  bench::mutex_pool<std::function<void()>> mutex_pool{workers};
  asio::thread_pool asio_pool{workers};
  bench::tbb_pool tbb{workers};

  const auto ours = [&](const payload& p) { rt.cpu().post(p); };
  const auto mutex = [&](const payload& p) { mutex_pool.post(p); };
  const auto asio = [&](const payload& p) { asio::post(asio_pool, p); };
  const auto enqueue = [&](const payload& p) { tbb.arena.enqueue(p); };
  const auto group = [&](std::uint64_t n) { return bench::task_group_run(tbb, n); };
  constexpr std::uint64_t bounded = 1'000'000;  // what an unbounded queue may hold here

  bench::contest one{.name = "post/1", .workers = workers, .correct = bench::sum_is_right};
  one.ours = {.work = from_outside(1, ours), .most = bench::by_compiler(45, 55)};
  one.peers = {{.name = "mutex + cv pool", .work = from_outside(1, mutex), .least = 4, .at_most = bounded},
               {.name = "asio::post", .work = from_outside(1, asio), .least = 6, .at_most = bounded},
               {.name = "tbb arena.enqueue", .work = from_outside(1, enqueue), .least = 12, .at_most = bounded},
               {.name = "tbb::task_group::run", .work = group, .least = 3, .at_most = bounded},
               {.name = "raw moodycamel, spinning consumers",
                .work = [](std::uint64_t n) { return bench::spinning_consumers{workers}.one_by_one(n); }},
               {.name = "serial loop, no queue", .work = serial_loop}};
  one.run(suite);

  for (const unsigned producers : {4U, 8U}) {
    bench::contest many{
        .name = "post/" + std::to_string(producers), .workers = workers, .correct = bench::sum_is_right};
    many.ours = {.work = from_outside(producers, ours), .most = 50};
    many.peers = {{.name = "mutex + cv pool", .work = from_outside(producers, mutex), .at_most = bounded},
                  {.name = "asio::post", .work = from_outside(producers, asio), .at_most = bounded},
                  {.name = "tbb arena.enqueue", .work = from_outside(producers, enqueue), .at_most = bounded}};
    many.run(suite);
  }
  check_capacity(rt);

  for (const std::size_t capacity : {std::size_t{512}, std::size_t{16}}) {
    weir::runtime small{weir::runtime_options{.threads = workers, .queue_capacity = capacity}};
    bench::contest c{.name = "post/1/capacity_" + std::to_string(capacity), .workers = workers};
    c.correct = bench::sum_is_right;
    c.ours = {.work = from_outside(1, [&](const payload& p) { small.cpu().post(p); })};
    c.run(suite);
    check_capacity(small);
  }
  return suite.finish();
}

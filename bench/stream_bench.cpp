// What streams cost per item, on 2 workers.
//   flow/fused/...      synchronous operators: against the loop one would write by hand
//   flow/operator/...   each operator with tasks of its own; the functions do next to nothing
//   flow/pipeline/...   source -> work -> sum: against tbb::parallel_pipeline and tbb::flow, per item and in batches of
//                       256 on both sides, with work of about 15 ns and of about 10 us
#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/parallel_pipeline.h>

#include <atomic>
#include <cstdint>
#include <numeric>
#include <ranges>
#include <span>
#include <vector>

#include <weir/runtime.hpp>
#include <weir/spawn.hpp>
#include <weir/streams.hpp>

#include "support/paired.hpp"

namespace {

using weir::batch;
using weir::filter;
using weir::flat_map;
using weir::for_each;
using weir::from;
using weir::map;
using weir::map_async;
using weir::map_cpu;
using weir::merge;
using weir::ordered;
using weir::par;
using weir::partition_by;
using weir::read_ahead;
using weir::reduce;
using weir::runtime;
using weir::scan;
using weir::task;
using weir::unordered;
using weir::window;

using number = std::uint64_t;
constexpr std::size_t group = 256;

// About 15 ns for 8 rounds; a chain of multiplications that no compiler shortens.
number work(number x, int rounds) {
  for (int i = 0; i < rounds; ++i) x = (x ^ (x >> 31)) * 0xbf58476d1ce4e5b9;
  return x;
}
constexpr int short_work = 8;
constexpr int long_work = 5600;

const auto plus_three = [](number x) { return x + 3; };
const auto not_fifth = [](number x) { return x % 5 != 0; };
const auto scaled = [](number x) { return x * 7; };
const auto not_odd_low = [](number x) { return (x & 6) != 0; };

number fused(runtime& rt, const std::vector<number>& v) {
  return rt.block_on(from(v) | map(plus_three) | filter(not_fifth) | map(scaled) | filter(not_odd_low) |
                     reduce(number{0}, std::plus<>{}));
}

number by_hand(const std::vector<number>& v) {
  number sum = 0;
  for (const number x : v) {
    const number a = plus_three(x);
    if (!not_fifth(a)) continue;
    const number b = scaled(a);
    if (not_odd_low(b)) sum += b;
  }
  return sum;
}

auto numbers(std::size_t n) { return from(std::views::iota(number{0}, static_cast<number>(n))); }

number sum_batch(std::vector<number>& b, int rounds) {
  number sum = 0;
  for (const number x : b) sum += work(x, rounds);
  return sum;
}

number stream_items(runtime& rt, std::size_t n, int rounds) {
  return rt.block_on(numbers(n) | map_cpu([rounds](number x) { return work(x, rounds); }, 4096) |
                     reduce(number{0}, std::plus<>{}));
}

number stream_batches(runtime& rt, std::size_t n, int rounds) {
  auto call = [rounds](std::vector<number> b) -> task<number> { co_return sum_batch(b, rounds); };
  return rt.block_on(numbers(n) | batch(group) | map_async(call, par{16}, ordered, window{16}) |
                     reduce(number{0}, std::plus<>{}));
}

number tbb_pipeline(std::size_t n, int rounds) {
  number next = 0, sum = 0;
  using oneapi::tbb::filter_mode;
  oneapi::tbb::parallel_pipeline(
      16, oneapi::tbb::make_filter<void, number>(filter_mode::serial_in_order, [&](oneapi::tbb::flow_control& fc) {
            if (next == n) fc.stop();
            return next++;
          }) & oneapi::tbb::make_filter<number, number>(filter_mode::parallel, [rounds](number x) {
            return work(x, rounds);
          }) & oneapi::tbb::make_filter<number, void>(filter_mode::serial_in_order, [&](number x) { sum += x; }));
  return sum;
}

number tbb_pipeline_batches(std::size_t n, int rounds) {
  number next = 0, sum = 0;
  using oneapi::tbb::filter_mode;
  using numbers_t = std::vector<number>;
  oneapi::tbb::parallel_pipeline(
      16, oneapi::tbb::make_filter<void, numbers_t>(filter_mode::serial_in_order, [&](oneapi::tbb::flow_control& fc) {
            if (next == n) {
              fc.stop();
              return numbers_t{};
            }
            numbers_t b(std::min<std::size_t>(group, n - next));
            std::iota(b.begin(), b.end(), next);
            next += b.size();
            return b;
          }) & oneapi::tbb::make_filter<numbers_t, number>(filter_mode::parallel, [rounds](numbers_t b) {
            return sum_batch(b, rounds);
          }) & oneapi::tbb::make_filter<number, void>(filter_mode::serial_in_order, [&](number x) { sum += x; }));
  return sum;
}

// A bounded graph: the limiter lets 16 items in, as the pipeline does.
number tbb_graph(std::size_t n, int rounds) {
  namespace flow = oneapi::tbb::flow;
  flow::graph g;
  number next = 0, sum = 0;
  flow::input_node<number> source{g, [&](oneapi::tbb::flow_control& fc) {
                                    if (next == n) fc.stop();
                                    return next++;
                                  }};
  flow::limiter_node<number> limit{g, 16};
  flow::function_node<number, number> call{g, flow::unlimited, [rounds](number x) { return work(x, rounds); }};
  flow::function_node<number, flow::continue_msg> add{g, flow::serial, [&](number x) {
                                                        sum += x;
                                                        return flow::continue_msg{};
                                                      }};
  flow::make_edge(source, limit);
  flow::make_edge(limit, call);
  flow::make_edge(call, add);
  flow::make_edge(add, limit.decrementer());
  source.activate();
  g.wait_for_all();
  return sum;
}

void against_tbb(bench::suite& suite, runtime& rt, const char* kind, std::size_t n, int rounds, double per_item) {
  const auto name = [kind](const char* what) { return std::string{"flow/pipeline/"} + what + "_" + kind; };
  const auto pair = [&](const std::string& what, auto ours, auto peer, const char* peer_name, double target) {
    suite.compare({.name = what,
                   .workers = 2,
                   .items = static_cast<double>(n),
                   .ours = [&, ours] { return ours(rt, n, rounds); },
                   .peer = [=] { return peer(n, rounds); },
                   .peer_name = peer_name,
                   .target = target});
  };
  pair(name("items"), &stream_items, &tbb_pipeline, "tbb::parallel_pipeline", per_item);
  pair(name("items_graph"), &stream_items, &tbb_graph, "tbb::flow", per_item);
  pair(name("batches"), &stream_batches, &tbb_pipeline_batches, "tbb::parallel_pipeline", 1.0);
}

template <class Make>
void operator_cost(bench::suite& suite, const char* name, std::size_t n, Make make) {
  suite.compare(
      {.name = std::string{"flow/operator/"} + name, .workers = 2, .items = static_cast<double>(n), .ours = [=] {
         return make(n);
       }});
}

}  // namespace

int main(int argc, char** argv) {
  bench::suite suite{argc, argv};
  runtime rt{{.threads = 2}};
  const std::size_t many = suite.quick() ? 100'000 : 4'000'000;
  std::vector<number> v(many);
  std::iota(v.begin(), v.end(), number{1});
  suite.compare({.name = "flow/fused/four_stages",
                 .workers = 1,
                 .items = static_cast<double>(many),
                 .ours = [&] { return fused(rt, v); },
                 .peer = [&] { return by_hand(v); },
                 .peer_name = "a loop by hand",
                 .target = 1 / 1.2});

  const std::size_t some = suite.quick() ? 20'000 : 1'000'000;
  const auto sum = [&rt](auto s) { return rt.block_on(std::move(s) | reduce(number{0}, std::plus<>{})); };
  const auto call = [](number x) -> task<number> { co_return x; };
  const auto nothing = [](const std::vector<number>&) -> task<> { co_return; };
  const auto nothing_each = [](number) -> task<> { co_return; };
  operator_cost(suite, "batch_500_for_each_par_8", many,
                [&](std::size_t n) { return rt.block_on(numbers(n) | batch(500) | for_each(par{8}, nothing)); });
  operator_cost(suite, "for_each_par_8", some,
                [&](std::size_t n) { return rt.block_on(numbers(n) | for_each(par{8}, nothing_each)); });
  // From memory: of numbers that it can work out itself a compiler leaves nothing to measure.
  operator_cost(suite, "scan", many, [&](std::size_t) { return sum(from(v) | scan(number{0}, std::plus<>{})); });
  operator_cost(suite, "flat_map_8", many, [&](std::size_t n) {
    const auto eight = [&v](number x) { return std::span{v}.subspan(static_cast<std::size_t>(x) * 8, 8); };
    return sum(numbers(n / 8) | flat_map(eight));
  });
  operator_cost(suite, "read_ahead_64", some, [&](std::size_t n) { return sum(numbers(n) | read_ahead(64)); });
  operator_cost(suite, "merge_2", some, [&](std::size_t n) { return sum(merge(numbers(n / 2), numbers(n / 2))); });
  operator_cost(suite, "map_async_par_8_ordered", some,
                [&](std::size_t n) { return sum(numbers(n) | map_async(call, par{8})); });
  operator_cost(suite, "map_async_par_8_unordered", some,
                [&](std::size_t n) { return sum(numbers(n) | map_async(call, par{8}, unordered)); });
  operator_cost(suite, "partition_by_16_keys", some, [&](std::size_t n) {
    return sum(numbers(n) | partition_by([](number x) { return x % 16; }, call, par{8}));
  });
  operator_cost(suite, "map_cpu", many, [&](std::size_t n) { return sum(numbers(n) | map_cpu(plus_three, 4096)); });

  against_tbb(suite, rt, "15ns", suite.quick() ? 50'000 : 1'000'000, short_work, 5.0);
  against_tbb(suite, rt, "10us", suite.quick() ? 500 : 20'000, long_work, 1.0);
  return suite.finish();
}

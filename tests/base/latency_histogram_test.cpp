#include "base/latency_histogram.hpp"

#include <algorithm>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using weir::base::latency_histogram;

TEST_CASE("latency_histogram: buckets cover all times without gap or overlap") {
  std::size_t wrong = 0;
  for (std::size_t i = 0; i + 1 < latency_histogram::bucket_count; ++i) {
    const auto edge = latency_histogram::upper_edge(i);
    wrong += latency_histogram::index_of(edge) != i;
    wrong += latency_histogram::index_of(edge + 1) != i + 1;
  }
  CHECK(wrong == 0);
  CHECK(latency_histogram::index_of(0) == 0);
  CHECK(latency_histogram::index_of(UINT64_MAX) == latency_histogram::bucket_count - 1);
  CHECK(latency_histogram::upper_edge(latency_histogram::bucket_count - 1) == (1ULL << 42U) - 1);
}

TEST_CASE("latency_histogram: a percentile is at most a thirty-second above the sorted truth") {
  latency_histogram h;
  std::mt19937_64 random{7};
  std::vector<std::uint64_t> truth;
  for (int i = 0; i < 20'000; ++i) {
    truth.push_back(random() >> (24 + random() % 40));
    h.record(truth.back());
  }
  std::sort(truth.begin(), truth.end());
  CHECK(h.count() == truth.size());
  CHECK(h.max_ns() == truth.back());
  for (const double p : {0.0, 1.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
    CAPTURE(p);
    const auto rank = std::max<std::size_t>(1, static_cast<std::size_t>(p / 100 * 20'000 + 0.999'999));
    const auto exact = truth[rank - 1];
    CHECK(h.percentile_ns(p) >= exact);
    CHECK(h.percentile_ns(p) <= exact + exact / 32);
  }
}

TEST_CASE("latency_histogram: empty, single and enormous values") {
  latency_histogram h;
  CHECK(h.percentile_ns(50) == 0);
  CHECK(h.max_ns() == 0);
  h.record(1'000'003);
  CHECK(h.percentile_ns(0) == 1'000'003);
  CHECK(h.percentile_ns(200) == 1'000'003);
  h.record(UINT64_MAX);
  CHECK(h.percentile_ns(100) == UINT64_MAX);
  CHECK(h.percentile_ns(-1) >= 1'000'003);
  h.reset();
  CHECK(h.count() == 0);
  CHECK(h.sum_ns() == 0);
}

TEST_CASE("latency_histogram: two add up") {
  latency_histogram a;
  latency_histogram b;
  a.record(10);
  b.record(20);
  b.record(3'000);
  a.add(b);
  CHECK(a.count() == 3);
  CHECK(a.sum_ns() == 3'030);
  CHECK(a.max_ns() == 3'000);
  CHECK(a.percentile_ns(50) == 20);
}

TEST_CASE("latency_histogram: concurrent records are all counted, and the maximum is kept") {
  latency_histogram h;
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 1; i <= 50'000; ++i) h.record(i * 4 + t);
    });
  for (std::thread& t : threads) t.join();
  CHECK(h.count() == 200'000);
  CHECK(h.max_ns() == 200'003);
  CHECK(h.sum_ns() == 4 * (4ULL * 50'000 * 50'001 / 2) + 6ULL * 50'000);
}

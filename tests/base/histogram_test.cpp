#include "base/histogram.hpp"

#include <algorithm>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using weir::base::histogram;

TEST_CASE("histogram: buckets cover all times without gap or overlap") {
  std::size_t wrong = 0;
  for (std::size_t i = 0; i + 1 < histogram::bucket_count; ++i) {
    const auto edge = histogram::upper_edge(i);
    wrong += histogram::index_of(edge) != i;
    wrong += histogram::index_of(edge + 1) != i + 1;
  }
  CHECK(wrong == 0);
  CHECK(histogram::index_of(0) == 0);
  CHECK(histogram::index_of(UINT64_MAX) == histogram::bucket_count - 1);
  CHECK(histogram::upper_edge(histogram::bucket_count - 1) == UINT64_MAX);
}

TEST_CASE("histogram: a percentile is at most a thirty-second above the sorted truth") {
  histogram h;
  std::mt19937_64 random{7};
  std::vector<std::uint64_t> truth;
  for (int i = 0; i < 20'000; ++i) {
    truth.push_back(random() >> (24 + random() % 40));
    h.record(truth.back());
  }
  std::sort(truth.begin(), truth.end());
  CHECK(h.count() == truth.size());
  CHECK(h.max() == truth.back());
  for (const double p : {0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    CAPTURE(p);
    const auto rank = std::max<std::size_t>(1, static_cast<std::size_t>(p * 20'000 + 0.999'999));
    const auto exact = truth[rank - 1];
    CHECK(h.percentile(p) >= exact);
    CHECK(h.percentile(p) <= exact + exact / 32);
  }
}

TEST_CASE("histogram: empty, single and enormous values") {
  histogram h;
  CHECK(h.percentile(0.5) == 0);
  CHECK(h.max() == 0);
  h.record(1'000'003);
  CHECK(h.percentile(0) == 1'000'003);
  CHECK(h.percentile(2) == 1'000'003);
  h.record(UINT64_MAX);
  CHECK(h.percentile(1) == UINT64_MAX);
  CHECK(h.percentile(-1) >= 1'000'003);
}

TEST_CASE("histogram: two add up") {
  histogram a;
  histogram b;
  a.record(10);
  b.record(20);
  b.record(3'000);
  a.add(b);
  CHECK(a.count() == 3);
  CHECK(a.sum() == 3'030);
  CHECK(a.max() == 3'000);
  CHECK(a.percentile(0.5) == 20);
}

TEST_CASE("histogram: concurrent shared records are all counted, and the maximum is kept") {
  histogram h;
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 1; i <= 50'000; ++i) h.record_shared(i * 4 + t);
    });
  for (std::thread& t : threads) t.join();
  CHECK(h.count() == 200'000);
  CHECK(h.max() == 200'003);
  CHECK(h.sum() == 4 * (4ULL * 50'000 * 50'001 / 2) + 6ULL * 50'000);
}

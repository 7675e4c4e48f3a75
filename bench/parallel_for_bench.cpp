// parallel_for against tbb::parallel_for with its default (auto) partitioner: opaque bodies of about 1 ns and 100 ns,
// and a skewed mix. No grain is given to either. The figure that counts is the upper end of the 95 % interval of the
// paired ratio ours/TBB: both are as fast as the bodies, so what is compared is a few per cent at most.
// set: peers
#include <weir/parallel.hpp>

#include <oneapi/tbb/parallel_for.h>

#include <string>

#include "support/paired.hpp"
#include "workloads/joiners.hpp"
#include "workloads/loop_bodies.hpp"

namespace {

template <class Body>
void loop(bench::suite& suite, const std::string& name, std::size_t n, Body body) {
  if (!suite.wants(name)) return;
  bench::marks m(n);
  std::uint64_t runs = 0;
  const auto one = [&](std::size_t i) { body(m.data(), i); };
  for (const unsigned w : {1U, 2U})
    suite.compare(
        {.name = name,
         .unit = "ns/item",
         .workers = w,
         .items = static_cast<double>(n),
         .ours = [&, w] { return weir::parallel_for(bench::weir_runtime(w).cpu(), std::size_t{0}, n, one), 0; },
         .peer = [&, w] { return bench::tbb_arena(w).execute([&] { tbb::parallel_for(std::size_t{0}, n, one); }), 0; },
         .peer_name = "tbb::parallel_for",
         .correct = [&](std::uint64_t) { return bench::all_marked(m, runs); },
         .target = 1 / 1.05,
         .by_interval = true,
         .before = [&] { ++runs; }});
}

}  // namespace

int main(int argc, char** argv) {
  bench::suite suite{argc, argv};
  loop(suite, "parallel_for/1ns", 30'000'000, [](std::uint8_t* m, std::size_t i) { bench::body_1ns(m, i); });
  loop(suite, "parallel_for/100ns", 1'000'000, [](std::uint8_t* m, std::size_t i) { bench::body_100ns(m, i); });
  constexpr std::size_t n = 1'000'000;
  loop(suite, "parallel_for/skewed", n, [](std::uint8_t* m, std::size_t i) { bench::body_skewed(m, i, n); });
  return suite.finish();
}

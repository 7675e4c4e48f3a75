// What recording costs: work with a category recorded against the same work with nothing recorded.
//   trace/mark/*      ns per mark in a hot loop: the price of an event (off: of a hook that is passed by)
//   trace/35ns/* ...  jobs of about that length, posted by a job: three events each in category task (SPAWN, BEGIN,
//   END)
// A flight recorder runs all the time and the mask is switched, so that both sides meet the same memory; nothing is
// written to a file meanwhile. What a drain costs beside it is not measured here. The row `off` compares nothing with
// nothing: how far a ratio may be from 1 by chance. `ours` is with the category, ratio = off / ours: 0.95 is 5 %
// dearer.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include <weir/runtime.hpp>
#include <weir/trace.hpp>

#include "support/paired.hpp"

namespace {

using weir::runtime;

struct mode {
  const char* name;
  std::uint32_t mask;
};
constexpr std::array<mode, 5> modes{{{"off", 0}, {"metrics", 1}, {"io", 2}, {"task", 4}, {"all", 7}}};

// The work with these categories.
template <class Work>
auto recording(std::uint32_t mask, Work work) {
  return [mask, work]() -> std::uint64_t {
    weir::detail::trace_mask.store(mask, std::memory_order_relaxed);
    const std::uint64_t result = work();
    weir::detail::trace_mask.store(0, std::memory_order_relaxed);
    return result;
  };
}

constexpr std::uint64_t marks = 100'000;

std::uint64_t mark_loop() {
  for (std::uint64_t i = 0; i < marks; ++i) weir::trace::mark("mark", i);
  return marks;
}

[[gnu::noinline]] std::uint64_t spin(std::uint64_t steps) {
  std::uint64_t x = steps;
  for (std::uint64_t i = 0; i < steps; ++i) {
    x = x * 6364136223846793005U + 1442695040888963407U;
    asm volatile("" : "+r"(x));
  }
  return x;
}

// Steps of spin() that take so long: from the fastest of some runs.
std::uint64_t steps_for(double ns) {
  using clock = std::chrono::steady_clock;
  constexpr std::uint64_t probe = 1'000'000;
  double best = 1e18;
  for (int run = 0; run < 10; ++run) {
    const auto begin = clock::now();
    (void)spin(probe);
    best = std::min(best, std::chrono::duration<double, std::nano>(clock::now() - begin).count());
  }
  return static_cast<std::uint64_t>(ns * static_cast<double>(probe) / best) + 1;
}

constexpr std::uint64_t jobs = 2'000;

std::uint64_t job_burst(runtime& rt, std::uint64_t steps) {
  rt.cpu().post([&rt, steps] {
    for (std::uint64_t i = 0; i < jobs; ++i) rt.cpu().post([steps] { (void)spin(steps); });
  });
  rt.wait_idle();
  return jobs;
}

}  // namespace

int main(int argc, char** argv) {
  bench::suite suite{argc, argv};
  const weir::trace::flight_recorder recorder;
  weir::detail::trace_mask.store(0, std::memory_order_relaxed);
  for (const mode& m : {modes.front(), modes.back()})  // a mark is recorded whatever the category
    suite.compare({.name = std::string{"trace/mark/"} + m.name,
                   .unit = "ns/mark",
                   .workers = 1,
                   .items = static_cast<double>(marks),
                   .ours = recording(m.mask, mark_loop),
                   .peer = recording(0, mark_loop),
                   .peer_name = "off"});
  runtime rt{{.threads = 2}};
  for (const auto& [length, ns] : {std::pair{"35ns", 35.0}, std::pair{"260ns", 260.0}, std::pair{"2us", 2000.0}}) {
    const auto work = [&rt, steps = steps_for(ns)] { return job_burst(rt, steps); };
    for (const mode& m : modes)
      suite.compare({.name = std::string{"trace/"} + length + "/" + m.name,
                     .unit = "ns/job",
                     .workers = 2,
                     .items = static_cast<double>(jobs),
                     .ours = recording(m.mask, work),
                     .peer = recording(0, work),
                     .peer_name = "off"});
  }
  return suite.finish();
}

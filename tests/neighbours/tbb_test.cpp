// Beside other users of TBB: a job's own tbb loops get all the threads, and nobody starves anybody.
#include <weir/runtime.hpp>

#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/partitioner.h>
#include <oneapi/tbb/task_arena.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include <doctest/doctest.h>

#include "rt/fixture.hpp"

using namespace weir_test;

namespace {

// A TBB loop whose iterations end only when `threads` different threads are in it. Returns how many were.
std::size_t threads_of_a_loop(unsigned threads) {
  std::mutex mutex;
  std::set<std::thread::id> seen;
  std::atomic<std::size_t> count{0};
  tbb::parallel_for(
      0U, threads,
      [&](unsigned) {
        {
          const std::lock_guard lock{mutex};
          seen.insert(std::this_thread::get_id());
          count = seen.size();
        }
        until([&] { return count >= threads; });
      },
      tbb::simple_partitioner{});
  return count;
}

// Runs f on the anchor (worker 0) or on one of TBB's threads, while the runtime's other workers have nothing to do.
template <class F>
auto on_worker(weir::runtime& rt, bool anchor, F f) {
  for (;;) {
    std::atomic<bool> decided{false};
    // Both jobs run at the same time, so one of them is on a thread of TBB's (with two workers the other is the
    // anchor).
    std::atomic<int> there{0};
    const auto job = [&]() -> std::optional<decltype(f())> {
      ++there;
      until([&] { return there == 2; });
      const bool chosen = (weir::this_worker::index() == 0U) == anchor && !decided.exchange(true);
      if (!chosen) return std::nullopt;
      return f();
    };
    auto a = rt.cpu().submit(job);
    auto b = rt.cpu().submit(job);
    const auto of_a = a.get();
    const auto of_b = b.get();
    if (of_a) return *of_a;
    if (of_b) return *of_b;
  }
}

// Keeps a runtime busy until it goes: as many chains of jobs as there are workers, each posting its next link.
class saturated {
 public:
  saturated(weir::executor on, unsigned workers) : chains_{workers} {
    for (unsigned i = 0; i < workers; ++i) on.post([this, on] { next(on); });
  }
  saturated(const saturated&) = delete;
  saturated& operator=(const saturated&) = delete;
  ~saturated() {
    stop_ = true;
    until([this] { return chains_ == 0; });
  }
  [[nodiscard]] int ran() const { return ran_; }

 private:
  void next(weir::executor on) {
    spin(20);
    ++ran_;
    if (!stop_)
      on.post([this, on] { next(on); });
    else
      --chains_;  // the last access
  }
  std::atomic<bool> stop_{false};
  std::atomic<int> ran_{0};
  std::atomic<unsigned> chains_;
};

}  // namespace

TEST_CASE("neighbours: tbb::parallel_for inside a job on the anchor uses all the runtime's workers [D17]") {
  for (const unsigned workers : {1U, 2U, 4U}) {
    balanced_runtime rt{workers};
    if (workers == 1)
      CHECK(rt.cpu().submit(threads_of_a_loop, 1U).get() == 1);
    else
      CHECK(on_worker(*rt, true, [&] { return threads_of_a_loop(workers); }) == workers);
  }
}

TEST_CASE("neighbours: tbb::parallel_for inside a job on a TBB thread uses all workers, the anchor asleep [D1, D17]") {
  for (const unsigned workers : {2U, 4U}) {
    balanced_runtime rt{workers};
    CHECK(on_worker(*rt, false, [&] { return threads_of_a_loop(workers); }) == workers);
  }
}

TEST_CASE("neighbours: a tbb::parallel_for of the user's gets threads beside a saturated runtime") {
  balanced_runtime rt{2};
  const saturated busy{rt.cpu(), 2};
  until([&] { return busy.ran() > 100; });
  tbb::task_arena mine{2, 1};  // the calling thread and one of TBB's, which a pump must give up (500 us)
  for (int round = 0; round < 5; ++round) CHECK(mine.execute([] { return threads_of_a_loop(2); }) == 2);
}

TEST_CASE("neighbours: a runtime beside a user's endless tbb::parallel_for makes progress on its anchor [D1]") {
  tbb::task_arena theirs{8, 1};
  std::atomic<bool> stop{false};
  std::atomic<int> turns{0};
  std::thread user{[&] {
    theirs.execute([&] {
      tbb::parallel_for(0, 8, [&](int) { until([&] { return ++turns, stop.load(); }); }, tbb::simple_partitioner{});
    });
  }};
  until([&] { return turns > 0; });
  {
    balanced_runtime rt{2};
    std::atomic<int> ran{0};
    for (int i = 0; i < 1000; ++i) rt.cpu().post([&] { ++ran; });
    rt->wait_idle();
    CHECK(ran == 1000);
  }
  stop = true;
  user.join();
}

TEST_CASE("neighbours: two saturated runtimes of one process both get on, with all their workers [D1]") {
  balanced_runtime a{2}, b{2};
  const saturated busy_a{a.cpu(), 2};
  until([&] { return busy_a.ran() > 100; });
  const saturated busy_b{b.cpu(), 2};
  // The second one's TBB worker must come too, although the first one's has enough to do.
  until([&] { return busy_b.ran() > 100 && b->stats().workers_granted == 2; });
  const int before = busy_a.ran();
  until([&] { return busy_a.ran() > before + 100; });
  CHECK(a->stats().workers_granted == 2);
}

// Every pair of things that may happen to one submitted job at the same moment.
#include <weir/detail/pool.hpp>
#include <weir/detail/submitted.hpp>
#include <weir/future.hpp>

#include <doctest/doctest.h>

#include "support/fake_scheduler.hpp"
#include "support/stress.hpp"

using namespace weir;
using namespace weir_test;
using detail::outcome;
using detail::thread_role;

namespace {

struct round_state {
  detail::job* j = nullptr;
  future<int> f;
  std::atomic<int> runs{0};
  outcome how = outcome::internal;
  int value = -1;
  bool flag = false;

  void prepare(int i) {
    runs = 0, value = -1, flag = false, how = outcome::internal;
    auto made = detail::make_submitted([this, i, o = counted_object{}] {
      ++runs;
      return i;
    });
    j = made.first;
    f = std::move(made.second);
  }
};

}  // namespace

TEST_CASE("future race: a worker claims the job it waits for while another takes it out: it runs once, counted once") {
  round_state r;
  std::vector<outcome> counted;
  int bad = 0;
  counted_object::reset();
  const auto before = detail::pool_stats().blocks_live;
  stress::race(
      stress::rounds(20'000), [&](int i) { r.prepare(i); },
      [&](int i) {
        const bool in_place = r.how == outcome::elsewhere && counted == std::vector{outcome::ok};
        const bool by_queue = r.how == outcome::ok && counted.empty();
        if (r.runs != 1 || r.value != i || in_place == by_queue) ++bad;
      },
      [&](int) { r.how = run(r.j); },
      [&](int) {
        thread_role_scope worker{thread_role::worker};
        r.value = r.f.get();
        counted = worker.counted;
      });
  CHECK(bad == 0);
  CHECK(counted_object::balanced());
  CHECK(detail::pool_stats().blocks_live == before);
}

TEST_CASE("future race: finish against a thread that begins to wait: the wake-up is never lost") {
  round_state r;
  int bad = 0;
  stress::race(
      stress::rounds(20'000), [&](int i) { r.prepare(i); },
      [&](int i) {
        if (r.how != outcome::ok || r.value != i) ++bad;
      },
      [&](int) { r.how = run(r.j); }, [&](int) { r.value = r.f.get(); });
  CHECK(bad == 0);
}

TEST_CASE("future race: finish against a timed wait that gives up") {
  round_state r;
  int bad = 0;
  stress::race(
      stress::rounds(10'000), [&](int i) { r.prepare(i); },
      [&](int i) {
        if (r.f.get() != i) ++bad;
      },
      [&](int) { r.how = run(r.j); },
      [&](int i) {
        // A wait that says "there" must be right.
        if (r.f.wait_for(std::chrono::nanoseconds{i % 2000}) && !r.f.ready()) r.value = -2;
      });
  CHECK(bad == 0);
}

TEST_CASE("future race: cancel against run: exactly one of them, and the queue's count tells which") {
  round_state r;
  int bad = 0, cancelled = 0;
  counted_object::reset();
  const auto before = detail::pool_stats().blocks_live;
  stress::race(
      stress::rounds(20'000), [&](int i) { r.prepare(i); },
      [&](int i) {
        bool right = false;
        if (r.flag) {
          ++cancelled;
          right = r.runs == 0 && r.how == outcome::cancelled;
          try {
            (void)r.f.get();
            right = false;
          } catch (const operation_cancelled&) {
          }
        } else {
          right = r.runs == 1 && r.how == outcome::ok && r.f.get() == i;
        }
        if (!right) ++bad;
      },
      [&](int) { r.how = run(r.j); }, [&](int) { r.flag = r.f.cancel(); });
  CHECK(bad == 0);
  CHECK(counted_object::balanced());
  CHECK(detail::pool_stats().blocks_live == before);
}

TEST_CASE("future race: the queue's cancel (shutdown) against a worker that claims") {
  round_state r;
  std::size_t counted = 0;
  int bad = 0;
  stress::race(
      stress::rounds(20'000), [&](int i) { r.prepare(i); },
      [&](int i) {
        const bool ran = r.runs == 1 && r.value == i && r.how == outcome::elsewhere && counted == 1;
        const bool ended = r.runs == 0 && r.value == -2 && r.how == outcome::cancelled && counted == 0;
        if (ran == ended) ++bad;
      },
      [&](int) { r.how = cancel(r.j); },
      [&](int) {
        thread_role_scope worker{thread_role::worker};
        try {
          r.value = r.f.get();
        } catch (const operation_cancelled&) {
          r.value = -2;
        }
        counted = worker.counted.size();
      });
  CHECK(bad == 0);
}

TEST_CASE("future race: dropping the future against the end of the job: the block goes back once") {
  round_state r;
  int bad = 0;
  counted_object::reset();
  const auto before = detail::pool_stats().blocks_live;
  stress::race(
      stress::rounds(20'000), [&](int i) { r.prepare(i); },
      [&](int) {
        if (r.how != outcome::ok || r.runs != 1) ++bad;
      },
      [&](int) { r.how = run(r.j); }, [&](int) { r.f = {}; });
  CHECK(bad == 0);
  CHECK(counted_object::balanced());
  CHECK(detail::pool_stats().blocks_live == before);
}

// planted_race WHERE - a program with a race in its own code, for ThreadSanitizer to find (CMakeLists.txt here).
//
// Each form touches `shared` from two places that nothing orders. They meet first, through relaxed atomics, which order
// nothing either: so both sides run at the same time on every machine, and a report does not depend on luck. `ordered`
// does as much with the order that weir promises, and must not be reported.
#include <weir/weir.hpp>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <thread>

namespace {

int shared = 0;
std::atomic<int> there{0};

// Returns when `sides` threads are in here. No order: the race must stay one.
void meet(int sides) {
  there.fetch_add(1, std::memory_order_relaxed);
  while (there.load(std::memory_order_relaxed) < sides) std::this_thread::yield();
}

void touch() {
  meet(2);
  ++shared;
}

weir::task<void> touch_here() {
  touch();
  co_return;
}

void two_posts(weir::runtime& rt) {
  rt.cpu().post(touch);
  rt.cpu().post(touch);
}

void poster_and_job(weir::runtime& rt) {
  rt.cpu().post(touch);
  touch();
}

void two_bulk_items(weir::runtime& rt) {
  rt.cpu().post_bulk(2, [](std::size_t) { touch(); });
}

void two_forks(weir::runtime& rt) { weir::parallel_invoke(rt.cpu(), touch, touch); }

void cpu_and_reactor(weir::runtime& rt) {
  auto a = weir::spawn(rt.io(), touch_here());
  auto b = weir::spawn(rt.cpu(), touch_here());
  a.get();
  b.get();
}

// Handed from the poster to a job, to another job, to a task on the reactor, and back.
void ordered(weir::runtime& rt) {
  for (int i = 0; i < 1000; ++i) {
    ++shared;
    rt.cpu()
        .submit([&rt] {
          ++shared;
          return rt.cpu().submit([] { ++shared; });
        })
        .get()
        .get();
    const auto on_reactor = []() -> weir::task<void> {
      ++shared;
      co_return;
    };
    weir::block_on(rt.io(), on_reactor());
  }
  rt.wait_idle();
  if (shared != 4000) std::abort();
}

}  // namespace

int main(int argc, char** argv) {
  const struct {
    const char* name;
    void (*run)(weir::runtime&);
  } forms[] = {{"two_posts", two_posts}, {"poster_and_job", poster_and_job},   {"two_bulk_items", two_bulk_items},
               {"two_forks", two_forks}, {"cpu_and_reactor", cpu_and_reactor}, {"ordered", ordered}};
  for (const auto& form : forms) {
    if (argc != 2 || std::strcmp(argv[1], form.name) != 0) continue;
    weir::runtime rt{weir::runtime_options{.threads = 2}};
    form.run(rt);
    rt.wait_idle();
    return 0;
  }
  std::fputs("usage: planted_race two_posts|poster_and_job|two_bulk_items|two_forks|cpu_and_reactor|ordered\n", stderr);
  return 2;
}

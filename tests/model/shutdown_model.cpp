// sync/entrance.hpp with the counts and the bell of cpu/engine.cpp: shutdown against submit. Every attempt is refused,
// or waited for; nobody uses the engine after "quiet".
#include "sync/entrance.hpp"

#include <array>

#include "explorer/model.hpp"
#include "sync/bell.hpp"
#include "sync/live_count.hpp"
#include "sync/tally.hpp"

namespace {

using namespace weir;  // NOLINT
constexpr auto no_limit = std::chrono::steady_clock::time_point::max();

template <std::size_t Threads>
struct engine {
  sync::entrance open;
  std::array<sync::tally, Threads> attempts, ended;
  sync::shared_tally rejected;
  sync::bell bell;
  model::plain<int> alive{1};

  bool quiet() {
    const auto ends = [&] { return sync::total(ended) + rejected.read(); };
    return sync::outstanding(ends, [&] { return sync::total(attempts); }) == 0;
  }
  bool submit(std::size_t who) {
    attempts[who].add();
    const bool in = open.may_enter();
    if (in) {
      model::require(alive == 1, "an admitted job needs the engine");
      ended[who].add();
    } else {
      rejected.add();
    }
    bell.ring_if([this] { return quiet(); });
    return in;
  }
};

template <std::size_t Threads>
void shutdown_against_submit(int each) {
  engine<Threads> e;
  std::array<int, Threads> outcomes{};
  for (std::size_t i = 0; i < Threads; ++i)
    model::thread([&, i, each] {
      bool open = true;
      for (int k = 0; k < each; ++k) {
        const bool in = e.submit(i);
        model::require(open || !in, "closed for good");
        open = in;
        ++outcomes[i];
      }
    });
  e.open.close();
  e.bell.wait(no_limit, [&] { return e.quiet(); });
  e.alive = 0;  // races with a job that was admitted and not waited for
  model::require(!e.open.is_open(), "closed");
  model::join();
  for (const int n : outcomes) model::require(n == each, "each attempt has one outcome");
  model::require(e.quiet(), "every attempt is counted as ended");
}

// The closer only looks: what it finds quiet stays so.
void quiet_after_the_close() {
  engine<1> e;
  model::thread([&] { (void)e.submit(0); });
  e.open.close();
  if (e.quiet()) e.alive = 0;
  model::join();
}

// Tasks, as runtime_impl::admit_task and rt/task_count.hpp: who is admitted is waited for, and seen.
void tasks_against_shutdown(unsigned starters) {
  sync::entrance open;
  sync::live_count count;
  std::array<model::plain<int>, 2> done{0, 0};
  model::plain<int> alive{1};
  for (unsigned i = 0; i < starters; ++i)
    model::thread([&, i] {
      count.enter();
      if (open.may_enter()) {
        model::require(alive == 1, "an admitted task needs the runtime");
        done[i] = 1;
      }
      (void)count.leave();
    });
  open.close();
  while (count.live() != 0) sync::pause();
  alive = 0;  // races with a task that was admitted and not waited for
  for (unsigned i = 0; i < starters; ++i) (void)static_cast<int>(done[i]);
  model::join();
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(
      argc, argv,
      {{"shutdown: quiet after the close is quiet for good [E3]", {.preemptions = 100}, quiet_after_the_close},
       {"shutdown against one submitter [E3]", {.preemptions = 3}, [] { shutdown_against_submit<1>(1); }},
       {"shutdown against one that submits twice [E3]", {.preemptions = 3}, [] { shutdown_against_submit<1>(2); }},
       {"shutdown against two submitters [E3]", {.preemptions = 2, .stale = 2}, [] { shutdown_against_submit<2>(1); }},
       {"shutdown against one task [N1 N2]", {.preemptions = 100}, [] { tasks_against_shutdown(1); }},
       {"shutdown against two tasks [N1 N2]", {.preemptions = 3}, [] { tasks_against_shutdown(2); }}});
}

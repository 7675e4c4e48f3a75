// Fork-join as cpu/fork.cpp and cpu/worker.cpp do it, over detail/fork_deque.hpp and sync/join_flag.hpp: every child
// runs exactly once, the parent sees its result, and the child's frame ends only after the thief has let go of it.
#include <weir/detail/fork_deque.hpp>

#include <array>
#include <memory>

#include "explorer/model.hpp"
#include "sync/join_flag.hpp"

namespace {

using namespace weir;  // NOLINT

struct child {
  sync::join_flag::word state{sync::join_flag::open};
  model::plain<int> result{0};
  void run() { result = result + 1; }
};
using forks = detail::fork_deque<child, 4>;

void thief(forks& from) {
  if (child* const c = from.steal()) {
    c->run();
    sync::join_flag::finish(c->state);
  }
}

void join(forks& mine, child& c, detail::fork_place p) {
  if (mine.take_back(p) || mine.take_back_checked(p)) {
    c.run();
  } else {
    sync::join_flag::wait(c.state);
  }
  model::require(c.result == 1, "every child runs once, and its result is seen");
}

void nested(int children, int thieves) {
  forks mine;
  for (int t = 0; t < thieves; ++t) model::thread([&] { thief(mine); });
  std::array<std::unique_ptr<child>, 2> frames;
  std::array<detail::fork_place, 2> places{};
  for (std::size_t i = 0; i < static_cast<std::size_t>(children); ++i) {
    frames[i] = std::make_unique<child>();
    places[i] = mine.push_checked(frames[i].get());
  }
  for (std::size_t i = static_cast<std::size_t>(children); i-- > 0;) {
    join(mine, *frames[i], places[i]);
    frames[i].reset();  // the frame ends: whatever the thief still does to it is an error
  }
  model::join();
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(
      argc, argv,
      {{"fork-join: one child, one thief", {.preemptions = 4}, [] { nested(1, 1); }},
       {"fork-join: one child, two thieves", {.preemptions = 2}, [] { nested(1, 2); }},
       {"fork-join: two nested children, one thief", {.preemptions = 3}, [] { nested(2, 1); }},
       {"fork-join: two nested children, two thieves", {.preemptions = 2, .stale = 2}, [] { nested(2, 2); }}});
}

// sync/join_flag.hpp: the waiter gets the result, sleeps only as long as needed, and may destroy the flag afterwards.
#include "sync/join_flag.hpp"

#include "explorer/model.hpp"

namespace {

using namespace weir;  // NOLINT
namespace flag = sync::join_flag;

struct child {
  flag::word state{flag::open};
  model::plain<int> result{0};
};

// The child lives on the waiter's stack: its end comes right after the wait.
void frame_ends_after_the_wait(bool polls) {
  auto* const c = new child;
  model::thread([c] {
    c->result = 42;
    flag::finish(c->state);
  });
  if (polls)
    while (!flag::is_done(c->state)) sync::pause();
  else
    flag::wait(c->state);
  model::require(c->result == 42, "the result");
  delete c;
  model::join();
}

// As the joiner of a stolen fork: it looks for something to do between naps.
void naps() {
  auto* const c = new child;
  model::thread([c] {
    c->result = 42;
    flag::finish(c->state);
  });
  while (!flag::wait_for(c->state, 1000)) sync::pause();
  model::require(c->result == 42, "the result");
  delete c;
  model::join();
}

void poll_then_wait() {
  child c;
  model::thread([&] {
    c.result = 42;
    flag::finish(c.state);
  });
  if (!flag::is_done(c.state)) flag::wait(c.state);
  model::require(c.result == 42, "the result");
  model::join();
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(
      argc, argv,
      {{"join flag: wait, then the frame ends",
        {.preemptions = 100, .spurious = 2},
        [] { frame_ends_after_the_wait(false); }},
       {"join flag: poll, then the frame ends", {.preemptions = 100}, [] { frame_ends_after_the_wait(true); }},
       {"join flag: naps", {.preemptions = 100}, naps},
       {"join flag: poll, then wait", {.preemptions = 100, .spurious = 1}, poll_then_wait}});
}

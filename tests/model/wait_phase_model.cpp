// sync/wait_phase.hpp as coro/leaf.cpp and job/completion_wait.cpp use it: the frame of a wait goes on exactly once,
// and an interruption that was asked for is carried out exactly once, whoever is faster.
#include "sync/wait_phase.hpp"

#include "explorer/model.hpp"

namespace {

using namespace weir;  // NOLINT
namespace phase = sync::wait_phase;

struct frame {
  phase::word word{0};
  model::plain<int> result{0}, locals{0}, why{0};
  sync::atomic<int> resumed{0}, interrupted{0};
  sync::atomic<bool> asker_inside{false};

  void resume() {
    model::require(locals == 1, "[P1] resumed after the starter's last write");
    model::require(result == 7, "what the completer wrote");
    locals = 2;  // races with a starter that still runs
    model::require(resumed.fetch_add(1, std::memory_order_relaxed) == 0, "[P1] resumed once");
  }
  void interrupt() {
    model::require(why == 1, "what the asker wrote");
    model::require(interrupted.fetch_add(1, std::memory_order_relaxed) == 0, "[P2] once");
  }
};

// A leaf: interrupting only asks the scheduler, the completion comes all the same.
void leaf(bool asks) {
  frame f;
  model::thread([&] {  // the scheduler
    f.result = 7;
    if (phase::complete(f.word)) f.resume();
  });
  if (asks)
    model::thread([&] {
      f.why = 1;
      if (phase::ask(f.word)) f.interrupt();
    });
  f.locals = 1;
  phase::step next = phase::arm(f.word, false);
  if (next == phase::step::interrupt) {
    f.interrupt();
    next = phase::arm(f.word, true);
    model::require(next != phase::step::interrupt, "told only once");
  }
  if (next == phase::step::ready) f.resume();
  model::join();
  model::require(f.resumed.load(std::memory_order_relaxed) == 1, "[P1] goes on");
}

// A wait in a list: whoever takes the pointer decides whether the wait was withdrawn or done.
void withdrawn_or_done() {
  frame f;
  sync::atomic<frame*> owner{&f};
  model::plain<int> how{0};
  model::thread([&] {  // the list's turn
    frame* const waiting = phase::take(owner);
    if (waiting == nullptr) return;
    waiting->result = 7;
    if (phase::complete(waiting->word)) waiting->resume();
  });
  const auto interrupt = [&] {
    if (phase::take(owner) == nullptr) return false;
    how = 1;
    f.result = 7;
    return true;
  };
  model::thread([&] {
    if (phase::ask(f.word) && interrupt()) f.resume();
  });
  f.locals = 1;
  bool interrupted = false;
  for (bool over = false; !over;) {
    switch (phase::arm(f.word, interrupted)) {
      case phase::step::suspended:
        over = true;
        break;
      case phase::step::ready:
        f.resume();
        over = true;
        break;
      case phase::step::interrupt:
        interrupted = true;
        over = interrupt();
        if (over) f.resume();
        break;
    }
  }
  model::join();
  model::require(f.resumed.load(std::memory_order_relaxed) == 1, "[P1] goes on once, withdrawn or done");
}

// take(): what the one who gave up did before is visible to the one who won, and the other way round.
void one_takes() {
  int object = 0;
  sync::atomic<int*> pointer{&object};
  model::plain<int> before{0};
  model::thread([&] {
    before = 1;
    (void)phase::take(pointer);
  });
  if (phase::take(pointer) == nullptr) model::require(before == 1, "the loser sees what the winner did");
  model::join();
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(
      argc, argv,
      {{"wait phase: starter and completer [P1]", {.preemptions = 100, .spurious = 1}, [] { leaf(false); }},
       {"wait phase: starter, completer and asker [P1 P2]", {.preemptions = 100, .spurious = 1}, [] { leaf(true); }},
       {"wait phase: withdrawn or done [P1 P2]", {.preemptions = 4}, withdrawn_or_done},
       {"wait phase: one takes", {.preemptions = 100}, one_takes}});
}

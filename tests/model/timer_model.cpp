// A sleep against its end and a stop request, as coro/leaf.cpp and io/reactor_turn.cpp do it, over
// sync/cancel_bits.hpp, sync/mpsc_stack.hpp and sync/wait_phase.hpp: the sleeper goes on exactly once, and after that
// nobody, neither the reactor nor the canceller nor a message in between, touches its frame.
#include "explorer/model.hpp"
#include "sync/cancel_bits.hpp"
#include "sync/mpsc_stack.hpp"
#include "sync/wait_phase.hpp"

namespace {

using namespace weir;  // NOLINT
namespace phase = sync::wait_phase;
using bits = sync::cancel_bits;

struct timer {
  sync::atomic<std::uint8_t> state{0};
  phase::word word{0};
  timer* submit_link = nullptr;
  timer* cancel_link = nullptr;
  model::plain<int> result{0};
  model::plain<bool> waits_for_message{false};  // the reactor's own
};

struct reactor {
  sync::mpsc_stack<timer, &timer::submit_link> submits;
  sync::mpsc_stack<timer, &timer::cancel_link> cancels;
  sync::atomic<std::uint32_t> wakes{0};  // the backend's eventfd
  timer* armed = nullptr;
  int resumed = 0;

  void wake() {
    wakes.fetch_add(1, std::memory_order_relaxed);
    sync::futex_wake(wakes, 1);
  }
  void start(timer& t) {
    if (submits.push(&t)) wake();
  }
  void cancel(timer& t) {
    if (bits::ask(t.state) && cancels.push(&t)) wake();
  }

  void deliver(timer& t, int& sleeps_left) {
    --sleeps_left;
    if (phase::complete(t.word)) ++resumed;  // else the sleeper goes on by itself; the frame may be gone
  }
  void finish(timer& t, int result, int& sleeps_left) {
    armed = nullptr;
    t.result = result;
    if (bits::complete(t.state))
      deliver(t, sleeps_left);
    else
      t.waits_for_message = true;
  }
  /// The thread: announce, sleep until woken or due, read the mailboxes, fire what is due.
  void run(int sleeps_left) {
    while (sleeps_left > 0) {
      bool due = false;
      if (submits.announce_sleep() && cancels.announce_sleep()) {
        while (!due && wakes.exchange(0, std::memory_order_relaxed) == 0)
          due = !sync::futex_wait(wakes, 0, armed != nullptr ? 1 : -1);
      }
      for (timer* t = submits.take_all(); t != nullptr; t = nullptr) armed = t;
      for (timer* t = cancels.take_all(); t != nullptr; t = nullptr) {
        if (!t->waits_for_message) finish(*t, -1, sleeps_left);  // taken out of the timers
        deliver(*t, sleeps_left);
      }
      if (due && armed != nullptr) finish(*armed, 1, sleeps_left);
    }
  }
};

void sleeper(reactor& r, bool stops) {
  auto* const t = new timer;
  sync::atomic<bool> callback_inside{stops};  // what remove() waits for
  if (stops)
    model::thread([&r, t, &callback_inside] {
      if (phase::ask(t->word)) r.cancel(*t);
      callback_inside.store(false, std::memory_order_release);
    });
  r.start(*t);
  phase::step next = phase::arm(t->word, false);
  if (next == phase::step::interrupt) {
    r.cancel(*t);
    next = phase::arm(t->word, true);
  }
  // The frame goes on here, or on the reactor; its end is the same.
  while ((t->word.load(std::memory_order_acquire) & phase::completed) == 0) sync::pause();
  model::require(next != phase::step::interrupt, "asked once");
  while (callback_inside.load(std::memory_order_acquire)) sync::pause();
  model::require(t->result == 1 || (stops && t->result == -1), "over, or cancelled");
  delete t;
}

void one_sleep(bool stops) {
  reactor r;
  model::thread([&] { r.run(1); });
  sleeper(r, stops);
  model::join();
  model::require(r.submits.empty() && r.cancels.empty(), "no message about a frame that has ended");
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(argc, argv,
                     {{"timer: a sleep that ends", {.preemptions = 4, .timeouts = 2}, [] { one_sleep(false); }},
                      {"timer: cancel against fire", {.preemptions = 2, .timeouts = 1}, [] { one_sleep(true); }}});
}

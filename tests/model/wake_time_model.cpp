// sync/wake_time.hpp with its mailbox: what is due before the sleeper looks again wakes it; the rest is found then.
#include "sync/wake_time.hpp"

#include <array>

#include "explorer/model.hpp"
#include "sync/mpsc_stack.hpp"

namespace {

using namespace weir;  // NOLINT

struct message {
  message* next = nullptr;
  model::plain<int> data{0};
};

struct sleeper {
  sync::mpsc_stack<message, &message::next> box;
  sync::wake_time wakes;
  sync::atomic<std::uint32_t> event{0};
  int got = 0;

  void send(message& m, std::int64_t due) {
    m.data = 1;
    (void)box.push(&m);
    if (!wakes.must_wake(due)) return;
    event.fetch_add(1, std::memory_order_relaxed);
    sync::futex_wake(event, 1);
  }
  void look() {
    if (box.empty()) return;
    for (message* m = box.take_all_in_order(); m != nullptr; m = m->next) {
      model::require(m->data == 1, "the message's data");
      ++got;
    }
  }
  /// One sleep that only a wake-up ends: a lost one is a deadlock.
  void turn(std::int64_t planned) {
    wakes.announce(planned);
    if (box.empty())
      while (event.exchange(0, std::memory_order_relaxed) == 0) sync::futex_wait(event, 0);
    wakes.awake();
    look();
  }
};

// [W1] Each is due before the announcement, so each is found although nothing but a wake-up ends the sleep.
void earlier_ones_arrive(std::size_t senders) {
  sleeper s;
  std::array<message, 2> all;
  for (std::size_t i = 0; i < senders; ++i) model::thread([&, i] { s.send(all[i], static_cast<std::int64_t>(i)); });
  while (s.got < static_cast<int>(senders)) s.turn(100);
  model::join();
}

// [W2] Due later: nothing is sent, and the next look finds it.
void later_ones_are_quiet() {
  sleeper s;
  message m;
  s.wakes.announce(100);
  model::thread([&] { s.send(m, 100); });
  model::join();
  model::require(s.event.load(std::memory_order_relaxed) == 0, "[W2] no wake-up");
  s.wakes.awake();
  s.look();
  model::require(s.got == 1, "the look finds it");
}

// [W1] A push that relied on the sleeper being awake is seen by its next look before the sleep.
void while_awake() {
  sleeper s;
  message m;
  model::thread([&] { s.send(m, 1); });
  s.wakes.awake();
  s.look();
  while (s.got == 0) s.turn(100);
  model::join();
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(
      argc, argv,
      {{"wake time: one earlier [W1]", {.preemptions = 4, .spurious = 1}, [] { earlier_ones_arrive(1); }},
       {"wake time: two earlier [W1]", {.preemptions = 2}, [] { earlier_ones_arrive(2); }},
       {"wake time: later ones send nothing [W2]", {.preemptions = 3}, later_ones_are_quiet},
       {"wake time: against awake [W1]", {.preemptions = 3}, while_awake}});
}

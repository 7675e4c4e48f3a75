// sync/mpsc_stack.hpp as the reactor uses it: it announces its sleep in every mailbox and sleeps only if all are empty;
// the push that finds the announcement wakes it. No message is left behind, no wake is paid while it runs.
#include "sync/mpsc_stack.hpp"

#include <array>

#include "explorer/model.hpp"

namespace {

using namespace weir;  // NOLINT

struct message {
  message* next = nullptr;
  model::plain<int> data{0};
};
using mailbox = sync::mpsc_stack<message, &message::next>;

/// The backend's eventfd: a counter that a wait takes to zero.
struct eventfd {
  sync::atomic<std::uint32_t> count{0};
  void wake() {
    count.fetch_add(1, std::memory_order_relaxed);
    sync::futex_wake(count, 1);
  }
  void wait() {
    while (count.exchange(0, std::memory_order_relaxed) == 0) sync::futex_wait(count, 0);
  }
};

template <std::size_t Boxes>
struct reactor {
  std::array<mailbox, Boxes> boxes;
  eventfd backend;
  int got = 0;

  void send(std::size_t box, message& m) {
    m.data = 1;
    if (boxes[box].push(&m)) backend.wake();
  }
  void turn() {
    bool may_sleep = true;
    for (mailbox& b : boxes) may_sleep = may_sleep && b.announce_sleep();
    if (may_sleep) backend.wait();
    for (mailbox& b : boxes)
      for (message* m = b.take_all_in_order(); m != nullptr; m = m->next) {
        model::require(m->data == 1, "the message's data");
        ++got;
      }
  }
};

template <std::size_t Boxes>
void all_arrive(std::size_t senders, int each) {
  reactor<Boxes> r;
  std::array<message, 4> all;
  for (std::size_t s = 0; s < senders; ++s)
    model::thread([&, s, each] {
      for (int k = 0; k < each; ++k) r.send(s % Boxes, all[2 * s + static_cast<std::size_t>(k)]);
    });
  while (r.got < static_cast<int>(senders) * each) r.turn();
  model::join();
}

// [I2] After one announcement one push wakes, the others do not.
void one_wake_per_sleep() {
  mailbox b;
  std::array<message, 2> all;
  sync::atomic<int> wakes{0};
  model::require(b.announce_sleep(), "it is empty");
  for (std::size_t i = 0; i < 2; ++i)
    model::thread([&, i] { wakes.fetch_add(b.push(&all[i]) ? 1 : 0, std::memory_order_relaxed); });
  model::join();
  model::require(wakes.load(std::memory_order_relaxed) == 1, "[I2] exactly one push wakes");
  model::require(!b.announce_sleep(), "it is not empty");
}

void stopped_sender() {
  mailbox b;
  std::array<message, 3> all;
  for (std::size_t i = 0; i < 2; ++i)
    model::thread([&, i] {
      const model::lock_free section;
      (void)b.push(&all[i]);
    });
  model::join();
  (void)b.push(&all[2]);
  bool mine = false;
  for (message* m = b.take_all(); m != nullptr; m = m->next) mine |= m == &all[2];
  model::require(mine, "a stopped sender leaves the mailbox usable");
}

void stopped_consumer() {
  mailbox b;
  std::array<message, 2> all;
  model::thread([&] {
    const model::lock_free section;
    (void)b.take_all();
    (void)b.announce_sleep();
    (void)b.take_all();
  });
  for (std::size_t i = 0; i < 2; ++i)
    model::thread([&, i] {
      const model::lock_free section;
      (void)b.push(&all[i]);
    });
  model::join();  // every push has ended, whoever is stopped
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(
      argc, argv,
      {{"reactor wake: two senders, one mailbox [I1 I2]", {.preemptions = 3}, [] { all_arrive<1>(2, 1); }},
       {"reactor wake: two senders, two mailboxes [I1 I2]", {.preemptions = 2}, [] { all_arrive<2>(2, 1); }},
       {"reactor wake: one sender of two [I1 I2]", {.preemptions = 3, .spurious = 1}, [] { all_arrive<1>(1, 2); }},
       {"reactor wake: one wake per sleep [I2]", {.preemptions = 100, .spurious = 1}, one_wake_per_sleep},
       {"reactor wake: lock-free", {.preemptions = 3, .stop_forever = true}, stopped_sender},
       {"reactor wake: lock-free beside a stopped reactor",
        {.preemptions = 3, .stop_forever = true},
        stopped_consumer}});
}

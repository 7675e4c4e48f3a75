// detail/channel_core.hpp: an item is delivered once or stays with its sender, whatever comes between: a waiting side,
// a stop, a close, a slot that is out.
#include <array>

#include "explorer/model.hpp"
#include "support/channel_sides.hpp"

namespace {

using namespace weir;  // NOLINT
using detail::passage;
using detail::wait_end;
using namespace channel_sides;  // NOLINT

/// `senders` items in, as many receivers; closing, if at all, when all are in.
void all_arrive(std::size_t capacity, int senders, int each) {
  core ch{{.capacity = capacity}, false};
  for (int i = 0; i < senders; ++i)
    model::thread([&, i, each] {
      for (int k = 0; k < each; ++k) {
        int v = 1 + i * each + k;
        sender s{&v};
        model::require(s.run(ch), "nothing closes: accepted");
      }
    });
  int total = 0;
  for (int i = 0; i < senders * each; ++i) {
    receiver r;
    model::require(r.run(ch), "nothing closes: an item");
    total += *r.value;
  }
  const int n = senders * each;
  model::require(total == n * (n + 1) / 2, "every item once");
  model::join();
  const auto c = ch.read();
  model::require(c.accepted == c.received && c.length == 0, "[Q3]");
}

/// A waiting receiver is stopped beside a send.
void stop_beside_send(std::size_t capacity) {
  core ch{{.capacity = capacity}, false};
  receiver r;
  core::aftermath none;
  model::require(ch.receive(r, {}, none, always) == passage::waits, "empty");
  int v = 7;
  bool sent = false;
  model::thread([&] {
    sender s{&v};
    core::aftermath out;
    sent = ch.send(s, {}, out, [] { return false; }) == passage::done;
  });
  model::thread([&] { (void)ch.withdraw(r, wait_end::stopped); });
  while (!sync::one_wake::sleep(r.word, -1)) {
  }
  const bool received = r.how == wait_end::done;
  model::join();
  const bool buffered = ch.read().length == 1;
  model::require(int{received} + int{buffered} == int{sent}, "[I1] one place, if it was sent");
  model::require(sent || capacity == 0, "a buffer takes it");
}

/// close() beside a sender, who may have to wait (`full`), and a receiver.
void close_beside_send(std::size_t capacity, bool full) {
  core ch{{.capacity = capacity}, false};
  std::array<int, 2> v{1, 2};
  core::aftermath out;
  sender first{v.data()};
  if (full) model::require(ch.send(first, {}, out, always) == passage::done, "room for one");
  bool sent = false;
  model::thread([&] {
    sender s{&v[1]};
    sent = s.run(ch);
  });
  model::thread([&] { ch.close(nullptr); });
  int received = 0;
  for (bool more = true; more;) {
    receiver r;
    more = r.run(ch);
    received += more ? 1 : 0;
  }
  model::join();
  model::require(received == int{full} + int{sent}, "accepted is delivered before the end [Q5]");
  model::require(ch.read().ended, "and then it has ended");
}

/// close() while a sender is in line and nobody receives.
void close_refuses_who_waits() {
  core ch{{.capacity = 1}, false};
  std::array<int, 2> v{1, 2};
  core::aftermath out;
  sender first{v.data()};
  sender second{&v[1]};
  model::require(ch.send(first, {}, out, always) == passage::done, "room for one");
  model::require(ch.send(second, {}, out, always) == passage::waits, "full");
  model::thread([&] { ch.close(nullptr); });
  while (!sync::one_wake::sleep(second.word, -1)) {
  }
  model::require(second.how == wait_end::closed && second.left == 1, "refused, its value with it");
  model::join();
}

/// A slot is used or dropped beside close(), and a receiver waits.
void slot_beside_close(bool used) {
  core ch{{.capacity = 1}, false};
  sender slot{nullptr};
  core::aftermath none;
  model::require(ch.send(slot, {}, none, always) == passage::done, "a free place");
  model::thread([&] { ch.close(nullptr); });
  model::thread([&] {
    int v = 5;
    core::aftermath out;
    if (used)
      model::require(ch.send_reserved(v, 0, 0, {}, out), "a slot outlives close()");
    else
      ch.drop_reserved(1, 0);
  });
  receiver first;
  const bool got = first.run(ch);
  model::require(got == used, "the slot's item, or the end");
  if (got) {
    receiver second;
    model::require(!second.run(ch), "the end");
  }
  model::join();
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(
      argc, argv,
      {{"channel: two senders, capacity 1 [Q2 Q3]", {.preemptions = 2}, [] { all_arrive(1, 2, 1); }},
       {"channel: one sender of two, capacity 1 [Q2]", {.preemptions = 3}, [] { all_arrive(1, 1, 2); }},
       {"channel: rendezvous [Q1 Q2]", {.preemptions = 2}, [] { all_arrive(0, 2, 1); }},
       {"channel: stop beside send [I1]", {.preemptions = 3}, [] { stop_beside_send(1); }},
       {"channel: stop beside send, rendezvous [I1]", {.preemptions = 3}, [] { stop_beside_send(0); }},
       {"channel: close beside a send [Q5]", {.preemptions = 2}, [] { close_beside_send(1, false); }},
       {"channel: close beside a send that waits [Q5]", {.preemptions = 2}, [] { close_beside_send(1, true); }},
       {"channel: close refuses who waits [Q5]", {.preemptions = 3}, close_refuses_who_waits},
       {"channel: close beside a send, rendezvous [Q5]", {.preemptions = 2}, [] { close_beside_send(0, false); }},
       {"channel: a slot used beside close [Q5]", {.preemptions = 3}, [] { slot_beside_close(true); }},
       {"channel: a slot dropped beside close [Q5]", {.preemptions = 3}, [] { slot_beside_close(false); }}});
}

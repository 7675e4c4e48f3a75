// detail/wait_line.hpp under detail/credit_line.hpp (the limiter's core), with sleeping threads (sync/one_wake.hpp):
// what is given back goes to the head of the line, or stays; it is never lost between a hand-off and a cancellation.
#include <weir/detail/credit_line.hpp>

#include "explorer/model.hpp"
#include "support/model_lock.hpp"
#include "sync/one_wake.hpp"

namespace {

using namespace weir;  // NOLINT
using detail::credit_answer;
using detail::wait_end;
using credits = detail::credit_line<model_lock>;

struct request : credits::claim {
  explicit request(std::size_t n) : claim{n, &woken} {}
  static void woken(detail::waiter& w) noexcept { sync::one_wake::wake(static_cast<request&>(w).word); }
  sync::one_wake::word word{0};
  model::plain<int> wakes{0};

  /// As limiter::acquire_blocking: true if it was granted.
  bool take_and_wait(credits& from) {
    const auto answer = from.take(*this, [] { return true; });
    if (answer == credit_answer::granted) return true;
    model::require(answer == credit_answer::waits, "room to wait");
    while (!sync::one_wake::sleep(word, -1)) {
    }
    return how == wait_end::done;
  }
};

/// Threads that take n, hold it, and give it back: never above the limit, and all of them end.
void churn(std::size_t limit, std::size_t a, std::size_t b, std::size_t c) {
  credits from{limit, 10};
  model::plain<int> alone{0};  // races if two hold the whole limit
  for (const std::size_t n : {a, b, c}) {
    if (n == 0) continue;
    model::thread([&, n] {
      request r{n};
      model::require(r.take_and_wait(from), "granted in the end");
      if (n == limit) ++alone;
      from.give(n);
    });
  }
  model::join();
  model::require(from.read().in_use == 0 && from.read().waiting == 0, "[L1] all is back");
}

/// The head of the line is cancelled while the unit comes back, and another one waits behind it.
void cancel_beside_give(bool another) {
  credits from{1, 10};
  model::require(from.try_take(1), "one unit");
  request head{1};
  request next{1};
  const auto always = [] { return true; };
  model::require(from.take(head, always) == credit_answer::waits, "the unit is taken");
  if (another) model::require(from.take(next, always) == credit_answer::waits, "behind the head");
  model::thread([&] { from.give(1); });
  model::thread([&] { (void)from.withdraw(head, wait_end::stopped); });
  while (!sync::one_wake::sleep(head.word, -1)) {
  }
  if (head.how == wait_end::done) from.give(1);
  if (another) {
    while (!sync::one_wake::sleep(next.word, -1)) {
    }
    model::require(next.how == wait_end::done, "[L4] the next one gets what the head left");
    from.give(1);
  }
  model::join();
  model::require(from.read().in_use == 0, "[I1] granted or cancelled, not both");
}

/// A large head holds up a small request; it is cancelled beside another's end.
void cancel_a_large_head() {
  credits from{2, 10};
  model::require(from.try_take(1), "one of two");
  request head{2};
  request next{1};
  const auto always = [] { return true; };
  model::require(from.take(head, always) == credit_answer::waits, "[L2] one is free, two are wanted");
  model::require(from.take(next, always) == credit_answer::waits, "[L2] not past the head");
  model::thread([&] { (void)from.withdraw(head, wait_end::stopped); });
  while (!sync::one_wake::sleep(next.word, -1)) {
  }
  model::require(next.how == wait_end::done, "[L4] the free one is the next one's");
  model::join();
}

/// A claim that joins the line while the unit comes back, the limit rises or the line closes.
void take_beside(int what) {
  credits from{1, 10};
  model::require(from.try_take(1), "one unit");
  model::thread([&] {
    if (what == 0) from.give(1);
    if (what == 1) from.resize(2);
    if (what == 2) from.close();
  });
  request r{1};
  const auto answer = from.take(r, [] { return true; });
  bool granted = answer == credit_answer::granted;
  if (answer == credit_answer::waits) {
    while (!sync::one_wake::sleep(r.word, -1)) {
    }
    granted = r.how == wait_end::done;
  }
  model::require(granted == (what != 2), "granted, or refused by close");
  model::join();
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(
      argc, argv,
      {{"hand-off: three for one unit [L1 L3]", {.preemptions = 2}, [] { churn(1, 1, 1, 1); }},
       {"hand-off: two and the whole limit [L1 L2]", {.preemptions = 2}, [] { churn(2, 1, 2, 0); }},
       {"hand-off: cancel beside give [I1]", {.preemptions = 3}, [] { cancel_beside_give(false); }},
       {"hand-off: cancel beside give, one behind [L4]", {.preemptions = 2}, [] { cancel_beside_give(true); }},
       {"hand-off: cancel of a large head [L2 L4]", {.preemptions = 3}, cancel_a_large_head},
       {"hand-off: take beside give", {.preemptions = 3}, [] { take_beside(0); }},
       {"hand-off: take beside a resize", {.preemptions = 3}, [] { take_beside(1); }},
       {"hand-off: take beside close", {.preemptions = 3}, [] { take_beside(2); }}});
}

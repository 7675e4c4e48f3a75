// detail/settling.hpp, the core of when_all, when_any and race: one winner, everybody awaited, no touch after the last.
#include <weir/detail/settling.hpp>

#include <memory>

#include "explorer/model.hpp"
#include "support/model_lock.hpp"

namespace {

using namespace weir;  // NOLINT
using detail::settled_as;
using core = detail::settling<model_lock>;

/// A combinator as detail/when_scope.cpp drives it. Child i's end decides if bit i of `deciding` is set.
struct scope {
  scope(unsigned how_many, unsigned window, unsigned deciding) : decides{deciding} {
    started = static_cast<unsigned>(settling.begin(how_many, window));
  }
  core settling;
  const unsigned decides;
  unsigned started;
  sync::atomic<unsigned> winners{0}, stopped{0}, over{0};
  sync::atomic<unsigned> ran[3] = {};
  model::plain<int> result{0};  ///< written by every child before it leaves, read by the parent

  static void run(scope& me, std::size_t i) {
    for (;;) {
      model::require(me.ran[i].fetch_add(1, sync::memory_order_relaxed) == 0, "[W3] started once");
      const bool deciding = (me.decides >> i & 1U) != 0;
      const settled_as how = me.settling.claim(&me.ran[i], deciding);
      if (how == settled_as::won || how == settled_as::alone) {
        me.winners.fetch_add(1, sync::memory_order_relaxed);
        me.result = static_cast<int>(i);
      }
      if (how == settled_as::won) me.stopped.store(1, sync::memory_order_relaxed);  // the scope is still there
      bool decided = false;
      const auto [start, last] = me.settling.leave(me.stopped.load(sync::memory_order_relaxed) != 0,
                                                   [&] { decided = me.settling.winner() != nullptr; });
      model::require(start == core::none || !decided, "[W3] none is started after a claim");
      if (last) me.over.fetch_add(1, sync::memory_order_release);
      if (start == core::none) return;  // not last: the scope may be gone
      i = start;
    }
  }
};

void ends(unsigned count, unsigned window, unsigned deciding) {
  auto s = std::make_unique<scope>(count, window, deciding);
  scope& me = *s;
  // Child 0 runs here, like a task that ends before its parent suspends; the others are its equals.
  for (unsigned i = 1; i < me.started; ++i) model::thread([&me, i] { scope::run(me, i); });
  scope::run(me, 0);
  while (me.over.load(sync::memory_order_acquire) == 0) sync::pause();
  // The parent goes on: it reads, and the scope ends while its children's threads may still be on their way out.
  const void* const won = me.settling.winner();
  const unsigned winners = me.winners.load(sync::memory_order_relaxed);
  model::require(winners <= 1, "[W1] one winner");
  unsigned ran = 0;
  for (unsigned i = 0; i < count; ++i) ran += me.ran[i].load(sync::memory_order_relaxed);
  model::require(ran == me.settling.started(), "[W2] all that were started have left");
  if (winners == 1)
    model::require(won == &me.ran[static_cast<int>(me.result)], "[W1] the winner is the one who was told so");
  if (deciding == 0) model::require(winners == 0 && ran == count, "[W3] all are started, nobody decides");
  if ((deciding & ((1U << me.started) - 1)) != 0) model::require(winners == 1, "[W1] who could decide did");
  s.reset();
  model::join();
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(argc, argv,
                     {{"settling: two could win [W1 W2]", {.preemptions = 3}, [] { ends(2, 2, 0b11); }},
                      {"settling: three could win [W1 W2]", {.preemptions = 2}, [] { ends(3, 3, 0b111); }},
                      {"settling: one of three decides [W1 W2]", {.preemptions = 2}, [] { ends(3, 3, 0b010); }},
                      {"settling: nobody decides, a window of two [W2 W3]", {.preemptions = 2}, [] { ends(3, 2, 0); }},
                      {"settling: a window of two, one decides [W1 W3]", {.preemptions = 2}, [] { ends(3, 2, 0b001); }},
                      {"settling: a window of two, the last one started decides [W1 W3]", {.preemptions = 2}, [] {
                         ends(3, 2, 0b100);
                       }}});
}

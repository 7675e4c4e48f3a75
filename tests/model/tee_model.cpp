// tee (stream/tee.hpp) over detail/channel_core.hpp and sync/ref_count.hpp: branches leave while the source sends.
// Whoever waits for a place in a channel that is left goes on; exactly one branch is the last, and stops a source that
// waits elsewhere; nothing that was accepted is lost from the books.
#include <array>
#include <cstddef>

#include "explorer/model.hpp"
#include "support/channel_sides.hpp"
#include "sync/ref_count.hpp"

namespace {

using namespace weir;           // NOLINT
using namespace channel_sides;  // NOLINT

struct tee {
  std::array<core, 2> branches{core{{.capacity = 1}, false}, core{{.capacity = 1}, false}};
  sync::ref_count::word running{2};
  model::plain<int> last{0};  // races if two are the last, or if the last one does not see the other

  /// As live_branch::run(): takes so many items, and leaves.
  void branch(std::size_t which, int items) {
    core& mine = branches.at(which);
    for (int i = 0; i < items; ++i) {
      receiver r;
      if (!r.run(mine)) break;
    }
    detail::item_ring<int> left;
    mine.abort(left);
    if (sync::ref_count::drop(running)) ++last;
  }

  /// As tee_sink::feed(): every item to every branch that is open. Returns when all have left.
  void feed() {
    std::array<bool, 2> open{true, true};
    for (int item = 1; open[0] || open[1]; ++item)
      for (std::size_t i = 0; i < 2; ++i) {
        if (!open.at(i)) continue;
        int v = item;
        sender s{&v};
        if (!s.run(branches.at(i))) open.at(i) = false;
      }
  }
};

/// The source ends by itself: it learns at its next send that a branch has left, also in the middle of a wait.
void branches_leave(int first, int second) {
  tee t;
  model::thread([&] { t.branch(0, first); });
  model::thread([&] { t.branch(1, second); });
  t.feed();
  model::join();
  model::require(t.last == 1, "one is the last");
  for (core& c : t.branches) {
    const auto n = c.read();
    model::require(n.accepted == n.received + n.discarded && n.length == 0, "[Q3]");
    model::require(n.waiting_senders == 0 && n.waiting_receivers == 0, "nobody is left in line");
  }
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(
      argc, argv,
      {{"tee: both branches leave at once", {.preemptions = 2}, [] { branches_leave(0, 0); }},
       {"tee: one leaves at once, one after an item", {.preemptions = 2}, [] { branches_leave(0, 1); }}});
}

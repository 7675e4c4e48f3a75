// sync/ref_count.hpp: exactly one is the last, and it sees what everybody did.
#include "sync/ref_count.hpp"

#include <array>

#include "explorer/model.hpp"

namespace {

using namespace weir;  // NOLINT

struct shared {
  sync::ref_count::word refs{1};
  std::array<model::plain<int>, 3> used;
};

// Everybody writes a field of his own, lets go, and the last one takes the object apart.
void holders(std::size_t count, bool copies) {
  auto* const s = new shared;
  int destroyed = 0;
  const auto let_go = [&destroyed, s] {
    if (!sync::ref_count::drop(s->refs)) return;
    ++destroyed;
    delete s;  // races with a use that the last one has not seen; touches a count that somebody else still uses
  };
  for (std::size_t i = 0; i < count; ++i) {
    sync::ref_count::retain(s->refs);
    model::thread([&let_go, s, i, copies] {
      if (copies && i == 0) {  // a holder may hand out more
        sync::ref_count::retain(s->refs);
        let_go();
      }
      s->used[i] = 1;
      let_go();
    });
  }
  let_go();
  model::join();
  model::require(destroyed == 1, "drop() is true exactly once");
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(argc, argv,
                     {{"ref count: two holders, all schedules", {.preemptions = 100}, [] { holders(1, false); }},
                      {"ref count: two holders, one hands out another", {.preemptions = 100}, [] { holders(1, true); }},
                      {"ref count: three holders", {.preemptions = 4}, [] { holders(2, false); }}});
}

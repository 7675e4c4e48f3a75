// sync/gate.hpp: after close() nobody is inside and nobody enters.
#include "sync/gate.hpp"

#include "explorer/model.hpp"

namespace {

using namespace weir;  // NOLINT

void visitors_and_closer(int visitors) {
  sync::gate g;
  model::plain<int> house{0};
  sync::atomic<int> inside{0};
  for (int i = 0; i < visitors; ++i)
    model::thread([&] {
      if (!g.enter()) return;
      model::require(house == 0, "the house stands while somebody is inside");
      inside.fetch_add(1, std::memory_order_relaxed);
      inside.fetch_sub(1, std::memory_order_relaxed);
      g.leave();
    });
  g.close();
  house = 1;  // races with a visit that has not ended
  model::require(inside.load(std::memory_order_relaxed) == 0, "nobody is inside after close()");
  model::join();
}

void again() {
  sync::gate g;
  model::thread([&] {
    for (int i = 0; i < 2; ++i)
      if (g.enter()) g.leave();
  });
  g.close();
  model::require(!g.enter(), "closed for good");
  model::join();
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(argc, argv,
                     {{"gate: one visitor", {.preemptions = 100, .spurious = 1}, [] { visitors_and_closer(1); }},
                      {"gate: two visitors", {.preemptions = 3, .spurious = 1}, [] { visitors_and_closer(2); }},
                      {"gate: a visitor who comes again", {.preemptions = 100}, again}});
}

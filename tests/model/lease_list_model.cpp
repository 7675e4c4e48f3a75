// sync/lease_list.hpp: an item has one holder, the next one sees what the last one did.
#include "sync/lease_list.hpp"

#include <array>

#include "explorer/model.hpp"

namespace {

using namespace weir;  // NOLINT

struct heap : sync::leasable<heap> {
  model::plain<int> uses{0};
};
using list = sync::lease_list<heap>;

void use(list& l, heap& own) {
  heap* h = l.lease();
  if (h == nullptr) {
    h = &own;
    l.add(own);
  }
  ++h->uses;
  list::give_back(*h);
}

void three_threads() {
  list l;
  std::array<heap, 3> all;
  for (std::size_t i = 0; i < 3; ++i) model::thread([&l, &all, i] { use(l, all[i]); });
  model::join();
  int uses = 0;
  l.for_each([&](heap& h) {
    uses += h.uses;
    model::require(!h.leased(), "everything is given back");
  });
  model::require(uses == 3, "one holder at a time");
}

void handed_over_twice() {
  list l;
  std::array<heap, 2> all;
  model::thread([&] {
    use(l, all[0]);
    use(l, all[1]);
  });
  model::thread([&] {
    if (heap* const h = l.lease()) {
      ++h->uses;
      list::give_back(*h);
    }
  });
  model::join();
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(argc, argv,
                     {{"lease list: three threads, one holder per item", {.preemptions = 3}, three_threads},
                      {"lease list: an item is handed over", {.preemptions = 100}, handed_over_twice}});
}

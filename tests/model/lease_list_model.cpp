// sync/lease_list.hpp: an item has one holder, the next one sees what the last one did.
#include "sync/lease_list.hpp"

#include <array>
#include <memory>

#include "explorer/model.hpp"

namespace {

using namespace weir;  // NOLINT

struct heap : sync::leasable<heap> {
  model::plain<int> uses{0};
};
using list = sync::lease_list<heap>;

// A thread makes its own heap only when there is none to lease: what it built must reach whoever walks the list.
void use(list& l, std::unique_ptr<heap>& own) {
  heap* h = l.lease();
  if (h == nullptr) {
    own = std::make_unique<heap>();
    h = own.get();
    l.add(*h);
  }
  ++h->uses;
  list::give_back(*h);
}

void threads(std::size_t count, int times) {
  list l;
  std::array<std::unique_ptr<heap>, 6> all;
  for (std::size_t i = 0; i < count; ++i)
    model::thread([&, i, times] {
      for (int k = 0; k < times; ++k) use(l, all[i * static_cast<std::size_t>(times) + static_cast<std::size_t>(k)]);
    });
  model::join();
  int uses = 0;
  l.for_each([&](heap& h) {
    uses += h.uses;
    model::require(!h.leased(), "everything is given back");
  });
  model::require(uses == static_cast<int>(count) * times, "one holder at a time");
}

void stopped_thread() {
  list l;
  std::array<heap, 3> all;
  for (std::size_t i = 0; i < 2; ++i)
    model::thread([&, i] {
      const model::lock_free section;
      heap* const h = l.lease();
      if (h == nullptr) l.add(all[i]);
      list::give_back(h != nullptr ? *h : all[i]);
    });
  heap* const h = l.lease();
  if (h == nullptr) l.add(all[2]);
  model::join();
  int items = 0;
  l.for_each([&](heap&) { ++items; });
  model::require(items >= 1 && items <= 3, "a stopped thread leaves the list usable");
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(argc, argv,
                     {{"lease list: three threads, one holder per item", {.preemptions = 3}, [] { threads(3, 1); }},
                      {"lease list: two threads, twice each", {.preemptions = 4}, [] { threads(2, 2); }},
                      {"lease list: lock-free", {.preemptions = 3, .stop_forever = true}, stopped_thread}});
}

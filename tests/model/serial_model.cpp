// sync/serial.hpp: at most one runs, nothing that was put in stays behind. The strand over an inbox.
#include "sync/serial.hpp"

#include <array>

#include "explorer/model.hpp"
#include "sync/inbox.hpp"

namespace {

using namespace weir;  // NOLINT

struct item {
  model::plain<item*> next{nullptr};
};

// As rt/strand.cpp: producers count, put in, and start the runner if nobody runs; a runner takes turns of two items.
struct strand {
  sync::serial in;
  sync::inbox<item, &item::next> items;
  item* ready = nullptr;
  model::plain<int> ran{0};  // races if two run at once

  void post(item& i) {
    const bool first = in.add(1);
    items.push(i);
    if (first) run();
  }
  void run() {
    for (std::uint32_t n = turn(); !in.done(n); n = turn())
      if (n == 0) sync::pause();
  }
  std::uint32_t turn() {
    ran = ran + 0;  // a turn touches the strand's state even when it finds nothing
    std::uint32_t n = 0;
    for (; n < 2; ++n) {
      if (ready == nullptr) ready = items.take_all();
      if (ready == nullptr) break;
      ready = ready->next;
      ++ran;
    }
    return n;
  }
};

void everything_runs_once(std::size_t producers, std::size_t each) {
  strand s;
  std::array<item, 4> all;
  for (std::size_t p = 0; p < producers; ++p)
    model::thread([&, p, each] {
      for (std::size_t k = 0; k < each; ++k) s.post(all[p * each + k]);
    });
  model::join();
  model::require(s.ran == static_cast<int>(producers * each) && s.in.size() == 0, "everything ran");
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(
      argc, argv,
      {{"serial: two producers of one", {.preemptions = 3}, [] { everything_runs_once(2, 1); }},
       {"serial: two producers of two", {.preemptions = 2, .stale = 2}, [] { everything_runs_once(2, 2); }},
       {"serial: three producers", {.preemptions = 2, .stale = 2}, [] { everything_runs_once(3, 1); }}});
}

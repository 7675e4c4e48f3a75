// sync/slot_ring.hpp as trace/ring.hpp uses it: a reader keeps whole records only, whatever the writer does meanwhile.
#include "sync/slot_ring.hpp"

#include <array>
#include <vector>

#include "explorer/model.hpp"

namespace {

using namespace weir;  // NOLINT
constexpr std::size_t words = 2;
using ring = sync::slot_ring<words>;

template <std::size_t Capacity>
struct world {
  sync::atomic<std::uint64_t> head{0};
  std::array<ring::slot, Capacity> slots;
  ring records{head, slots.data(), Capacity};

  void write(std::uint64_t many) {
    for (std::uint64_t n = records.next(); many-- > 0; ++n) records.put(n, {n + 1, n + 1});
  }
  /// As ring::read(): loads what is there, keeps what nobody can have been overwriting. How many it kept.
  std::uint64_t read() {
    const std::uint64_t end = records.head();
    const std::uint64_t first = end >= Capacity ? end - Capacity + 1 : 0;
    std::vector<ring::record> loaded;
    for (std::uint64_t n = first; n < end; ++n) loaded.push_back(records.load(n));
    const std::uint64_t intact = std::min(std::max(records.intact_from(), first), end);
    for (std::uint64_t n = intact; n < end; ++n)
      for (const std::uint64_t word : loaded[n - first]) model::require(word == n + 1, "[S2] whole, and of its number");
    return end - intact;
  }
};

template <std::size_t Capacity>
void read_while_written(std::uint64_t before, std::uint64_t meanwhile) {
  world<Capacity> w;
  w.write(before);
  model::thread([&] { w.write(meanwhile); });
  (void)w.read();
  model::join();
  model::require(w.read() == std::min<std::uint64_t>(before + meanwhile, Capacity - 1), "[S1] the newest are there");
}

// The next tenant of the ring goes on where the last one has ended.
void handed_on() {
  world<2> w;
  sync::atomic<bool> free{false};
  model::thread([&] {
    w.write(1);
    free.store(true, std::memory_order_release);
  });
  model::thread([&] {
    while (!free.load(std::memory_order_acquire)) sync::pause();
    w.write(2);
  });
  (void)w.read();
  model::join();
  model::require(w.records.head() == 3 && w.read() == 1, "nothing is doubled");
}

// As in a killed process's file: the writer stops anywhere, the newest records before that are whole.
void stopped_writer() {
  world<4> w;
  w.write(3);
  model::thread([&] {
    const model::lock_free section;
    w.write(2);
  });
  model::join();
  sync::pause();  // who stopped is not joined: look at what is there now
  const std::uint64_t written = w.records.head();
  model::require(w.read() == std::min<std::uint64_t>(written, 3), "[S1] the newest are whole");
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(
      argc, argv,
      {{"slot ring: read while it wraps around", {.preemptions = 100}, [] { read_while_written<2>(1, 2); }},
       {"slot ring: read while it is overwritten twice", {.preemptions = 2}, [] { read_while_written<2>(2, 3); }},
       {"slot ring: four slots", {.preemptions = 2, .stale = 3}, [] { read_while_written<4>(3, 3); }},
       {"slot ring: handed from one writer to the next", {.preemptions = 2}, handed_on},
       {"slot ring: lock-free beside a stopped writer", {.preemptions = 100, .stop_forever = true}, stopped_writer}});
}

#include "trace/ring.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using weir::detail::event;
using weir::tracing::event_record;
using weir::tracing::ring;
using weir::tracing::when_full;

namespace {

constexpr std::uint64_t small = 64;
constexpr auto mark = static_cast<std::uint16_t>(event::mark);
constexpr auto lost = static_cast<std::uint16_t>(event::lost);

// Every field of an event is made from its number: a mixture of two events does not add up.
event_record made(std::uint64_t i) {
  return {i, mark, static_cast<std::uint16_t>(i), static_cast<std::uint32_t>(~i), i * 3, i * 5};
}
bool whole(const event_record& e) {
  const event_record m = made(e.ticks);
  return e.what == m.what && e.flags == m.flags && e.site == m.site && e.id == m.id && e.arg == m.arg;
}

struct fixture {
  explicit fixture(when_full full, std::uint64_t capacity = small)
      : memory(ring::bytes_for(capacity) / sizeof(std::uint64_t) + 8),
        r{reinterpret_cast<void*>((reinterpret_cast<std::uintptr_t>(memory.data()) + 63) & ~std::uintptr_t{63}), 0,
          capacity, full} {}
  void write(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t i = from; i < to; ++i) r.write(made(i));
  }
  std::vector<event_record> read(std::uint64_t from = 0) {
    std::vector<event_record> events;
    first = r.read(from, r.head(), events);
    return events;
  }

  std::vector<std::uint64_t> memory;
  ring r;
  std::uint64_t first = 0;
};

}  // namespace

TEST_CASE("ring: what fits is kept in order, with nothing lost") {
  fixture f{when_full::overwrite};
  f.write(0, small - 1);
  const auto events = f.read();
  CHECK(f.first == 0);
  REQUIRE(events.size() == small - 1);
  std::size_t good = 0;
  for (std::size_t i = 0; i < events.size(); ++i) good += events[i].ticks == i && whole(events[i]);
  CHECK(good == small - 1);
}

TEST_CASE("ring: wrap-around keeps the newest events and tells exactly how many are gone [T1]") {
  for (const std::uint64_t n : {64U, 65U, 127U, 128U, 1000U}) {
    CAPTURE(n);
    fixture f{when_full::overwrite};
    f.write(0, n);
    const auto events = f.read();
    CHECK(f.first == n - 63);
    REQUIRE(events.size() == 63);
    CHECK(events.front().ticks == n - 63);
    CHECK(events.back().ticks == n - 1);
  }
}

TEST_CASE("ring: the tenants say who wrote what, also when there were more than are remembered") {
  fixture f{when_full::overwrite, 1024};
  for (std::uint32_t t = 0; t < 100; ++t) {
    f.r.move_in(t, 1000 + t, "short");
    f.r.rename("a name of more than sixteen bytes");
    f.write(t, t + 1);
  }
  const auto tenants = f.r.tenants();
  REQUIRE(tenants.size() == 64);
  CHECK(tenants.front().thread == 36);
  CHECK(tenants.front().first == 36);
  CHECK(tenants.back().tid == 1099);
  CHECK(std::string_view{tenants.back().name.data(), 16} == "a name of more t");
}

TEST_CASE("ring: a full one that drops says how many are missing, exactly and where they would be [T3]") {
  fixture f{when_full::drop};
  f.write(0, 100);  // 64 fit
  CHECK(f.r.untold() == 36);
  CHECK(f.read().size() == 64);
  f.write(100, 101);
  CHECK(f.r.untold() == 37);
  f.r.free_until(1);
  f.write(101, 102);  // one place is not worth a gap
  CHECK(f.r.untold() == 38);
  f.r.free_until(64);
  f.write(200, 202);
  const auto events = f.read(64);
  REQUIRE(events.size() == 3);
  CHECK(events[0].what == lost);
  CHECK(events[0].arg == 38);
  CHECK(events[1].ticks == 200);
  CHECK(whole(events[2]));
  CHECK(f.r.untold() == 0);
}

TEST_CASE("ring: written, told as lost and untold add up to what was attempted, whatever the reader does [T3]") {
  fixture f{when_full::drop};
  constexpr std::uint64_t n = 200'000;
  std::atomic<bool> done{false};
  std::thread writer{[&] {
    f.write(0, n);
    done.store(true, std::memory_order_release);
  }};
  std::uint64_t position = 0;
  std::uint64_t seen = 0;
  std::uint64_t bad = 0;
  for (bool last = false; !last;) {
    last = done.load(std::memory_order_acquire);
    const auto events = f.read(position);
    bad += f.first != position;
    position += events.size();
    for (const auto& e : events) {
      seen += e.what == lost ? e.arg : 1;
      bad += e.what != lost && !whole(e);
    }
    f.r.free_until(position);
  }
  writer.join();
  CHECK(bad == 0);
  CHECK(seen + f.r.untold() == n);
}

TEST_CASE("ring: a reader never sees a half-overwritten event, whatever the writer does meanwhile [T2]") {
  fixture f{when_full::overwrite, 1024};  // long enough that the writer overtakes the reader
  std::atomic<bool> stop{false};
  std::thread writer{[&] {
    for (std::uint64_t i = 0; !stop.load(std::memory_order_relaxed); ++i) f.write(i, i + 1);
  }};
  std::size_t torn = 0;
  std::size_t gaps = 0;
  int overtaken = 0;
  while (overtaken < 200) {
    const auto before = f.r.head();
    const auto events = f.read();
    overtaken += f.r.head() > before + 100;
    for (std::size_t i = 0; i < events.size(); ++i) {
      torn += !whole(events[i]);
      gaps += events[i].ticks != f.first + i;
    }
  }
  stop.store(true);
  writer.join();
  CHECK(torn == 0);
  CHECK(gaps == 0);
}

#include "trace/ring.hpp"

#include <atomic>
#include <thread>

#include <doctest/doctest.h>

using weir::detail::event;
using weir::tracing::record;
using weir::tracing::ring;

namespace {

constexpr std::size_t small = 64 * 32;  // 64 slots, 63 events

void write(ring& r, std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t i = from; i < to; ++i) r.write(i, event::mark, static_cast<std::uint32_t>(~i), i * 3, i * 5);
}

// Every field of an event is made from its number: a mixture of two events does not add up.
bool whole(const record& e) {
  return e.id == e.ticks * 3 && e.arg == e.ticks * 5 && e.name == static_cast<std::uint32_t>(~e.ticks) &&
         e.what == event::mark;
}

}  // namespace

TEST_CASE("ring: what fits is kept in order, with nothing lost") {
  ring r{small};
  r.move_in(7, "worker");
  write(r, 0, r.capacity());
  const auto all = r.read();
  CHECK(all.lost == 0);
  REQUIRE(all.tracks.size() == 1);
  CHECK(all.tracks[0].tid == 7);
  CHECK(all.tracks[0].name == "worker");
  REQUIRE(all.tracks[0].events.size() == 63);
  std::size_t good = 0;
  for (std::size_t i = 0; i < 63; ++i) good += all.tracks[0].events[i].ticks == i && whole(all.tracks[0].events[i]);
  CHECK(good == 63);
}

TEST_CASE("ring: wrap-around keeps the newest events and counts the others exactly [T1]") {
  for (const std::uint64_t n : {64U, 65U, 127U, 128U, 1000U}) {
    CAPTURE(n);
    ring r{small};
    r.move_in(7, "worker");
    write(r, 0, n);
    const auto all = r.read();
    CHECK(all.lost == n - 63);
    REQUIRE(all.tracks.size() == 1);
    REQUIRE(all.tracks[0].events.size() == 63);
    CHECK(all.tracks[0].events.front().ticks == n - 63);
    CHECK(all.tracks[0].events.back().ticks == n - 1);
  }
}

TEST_CASE("ring: after a restart older events are neither given nor counted") {
  ring r{small};
  r.move_in(7, "worker");
  write(r, 0, 500);
  r.restart();
  CHECK(r.read().tracks.empty());
  CHECK(r.read().lost == 0);
  write(r, 500, 510);
  CHECK(r.read().tracks.at(0).events.size() == 10);
  write(r, 510, 600);
  CHECK(r.read().lost == 100 - 63);
}

TEST_CASE("ring: events stay with the thread that wrote them when the ring moves on") {
  ring r{small};
  r.move_in(1, "first");
  write(r, 0, 10);
  r.move_out("renamed");
  r.move_in(2, "idle");
  r.move_in(3, "third");
  write(r, 10, 15);
  auto all = r.read();
  REQUIRE(all.tracks.size() == 2);
  CHECK(all.tracks[0].tid == 1);
  CHECK(all.tracks[0].name == "renamed");
  CHECK(all.tracks[0].events.size() == 10);
  CHECK_FALSE(all.tracks[0].current);
  CHECK(all.tracks[1].tid == 3);
  CHECK(all.tracks[1].events.front().ticks == 10);
  CHECK(all.tracks[1].current);
  write(r, 15, 70);  // of the first thread's events only 7, 8, 9 are left
  all = r.read();
  REQUIRE(all.tracks.size() == 2);
  CHECK(all.tracks[0].events.size() == 3);
  CHECK(all.tracks[0].events.front().ticks == 7);
  CHECK(all.lost == 7);
}

TEST_CASE("ring: events of long forgotten tenants are counted as lost") {
  ring r{1U << 16U};
  for (int t = 0; t < 100; ++t) {
    r.move_in(t, "short");
    write(r, static_cast<std::uint64_t>(t), static_cast<std::uint64_t>(t) + 1);
  }
  const auto all = r.read();
  CHECK(all.tracks.size() == 64);
  CHECK(all.tracks.front().tid == 36);
  CHECK(all.lost == 36);
}

TEST_CASE("ring: a reader never sees a half-overwritten event, whatever the writer does meanwhile [T2]") {
  ring r{1U << 15U};  // long enough that the writer overtakes the reader
  r.move_in(7, "worker");
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> written{0};
  std::thread writer{[&] {
    for (std::uint64_t i = 0; !stop.load(std::memory_order_relaxed); ++i) {
      write(r, i, i + 1);
      written.store(i + 1, std::memory_order_relaxed);
    }
  }};
  std::size_t torn = 0;
  std::size_t gaps = 0;
  int overtaken = 0;
  while (overtaken < 200) {
    const auto before = written.load(std::memory_order_relaxed);
    const auto all = r.read();
    overtaken += written.load(std::memory_order_relaxed) > before + 100;
    for (const auto& t : all.tracks) {
      for (std::size_t i = 0; i < t.events.size(); ++i) {
        torn += !whole(t.events[i]);
        gaps += t.events[i].ticks != t.events.front().ticks + i;
      }
    }
  }
  stop.store(true);
  writer.join();
  CHECK(torn == 0);
  CHECK(gaps == 0);
  const auto all = r.read();
  CHECK(all.lost + all.tracks.at(0).events.size() == written.load());
}

#include <weir/detail/pool.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/alloc_count.hpp"
#include "support/self.hpp"

using weir::detail::pool_allocate;
using weir::detail::pool_flush;
using weir::detail::pool_release;
using weir::detail::pool_stats;

namespace {

using blocks = std::vector<void*>;

bool pooling() { return pool_stats().pooling; }

blocks allocate(std::size_t count, std::size_t size) {
  blocks all(count);
  for (void*& b : all) b = pool_allocate(size);
  return all;
}

void release(const blocks& all, std::size_t size) {
  for (void* b : all) pool_release(b, size);
}

// Everything this thread's heap can give without a new slab.
blocks allocate_until_new_slab(std::size_t size) {
  blocks all;
  for (const auto slabs = pool_stats().slabs; pool_stats().slabs == slabs;) all.push_back(pool_allocate(size));
  return all;
}

template <class F>
void on_a_thread(F f) {
  std::thread{f}.join();
}

// A place for one batch of blocks, handed over between two threads.
struct hand_over {
  std::atomic<blocks*> batch{nullptr};

  void give(blocks& b) {
    batch.wait(&b);
    batch.store(&b);
    batch.notify_one();
  }
  blocks& take() {
    batch.wait(nullptr);
    return *batch.load();
  }
  void taken() {
    batch.store(nullptr);
    batch.notify_one();
  }
  void until_taken() {
    for (blocks* b = batch.load(); b != nullptr; b = batch.load()) batch.wait(b);
  }
};

// The calling thread allocates, another releases, many times; how much the pool grew after the first rounds.
std::uint64_t growth_of_hand_over(std::size_t rounds, std::size_t count, std::size_t size) {
  hand_over place;
  std::thread other{[&] {
    for (std::size_t i = 0; i < rounds; ++i) {
      release(place.take(), size);
      pool_flush();
      place.taken();
    }
  }};
  std::uint64_t warm = 0;
  for (std::size_t i = 0; i < rounds; ++i) {
    blocks batch = allocate(count, size);
    place.give(batch);
    place.until_taken();
    if (i == 1) warm = pool_stats().bytes_reserved;
  }
  other.join();
  return pool_stats().bytes_reserved - warm;
}

}  // namespace

TEST_CASE("pool: a released block is the next one of its class") {
  if (!pooling()) return;
  void* a = pool_allocate(100);
  pool_release(a, 100);
  void* b = pool_allocate(128);
  CHECK(a == b);
  void* c = pool_allocate(129);
  CHECK(c != b);
  pool_release(b, 128);
  pool_release(c, 129);
}

TEST_CASE("pool: every size is aligned, and blocks do not overlap") {
  struct piece {
    unsigned char* at;
    std::size_t size;
  };
  std::vector<piece> pieces;
  std::uintptr_t misaligned = 0;
  for (int copy = 0; copy < 3; ++copy)
    for (std::size_t size = 0; size <= 1300; ++size) {
      auto* at = static_cast<unsigned char*>(pool_allocate(size));
      misaligned |= reinterpret_cast<std::uintptr_t>(at) % 16;
      std::memset(at, static_cast<int>(pieces.size() % 251), size);
      pieces.push_back({at, size});
    }
  CHECK(misaligned == 0);
  std::size_t damaged = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    for (std::size_t b = 0; b < pieces[i].size; ++b) damaged += pieces[i].at[b] != i % 251;
    pool_release(pieces[i].at, pieces[i].size);
  }
  CHECK(damaged == 0);
}

TEST_CASE("pool: blocks in use are counted, whoever releases them") {
  const auto before = pool_stats().blocks_live;
  blocks small = allocate(1000, 64);
  blocks large = allocate(10, 5000);
  CHECK(pool_stats().blocks_live == before + 1010);
  on_a_thread([&] {
    release(small, 64);
    release(large, 5000);
  });
  CHECK(pool_stats().blocks_live == before);
}

TEST_CASE("pool: allocating here and releasing there keeps memory flat, in both directions") {
  if (!pooling()) return;
  CHECK(growth_of_hand_over(500, 1000, 128) == 0);
  std::uint64_t growth = 1;
  on_a_thread([&] { growth = growth_of_hand_over(500, 1000, 128); });
  CHECK(growth == 0);
}

TEST_CASE("pool: blocks of many owners and classes released on one thread all go home") {
  if (!pooling()) return;
  constexpr std::size_t owners = 12;  // more than there are outgoing chains
  const auto round = [&] {
    std::vector<blocks> all(owners);
    std::atomic<std::size_t> allocated{0};
    std::atomic<bool> released{false};
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < owners; ++t)
      threads.emplace_back([&, t] {
        for (std::size_t i = 0; i < 640; ++i) all[t].push_back(pool_allocate(64 * (i % 16 + 1)));
        allocated.fetch_add(1);
        allocated.notify_all();
        released.wait(false);
      });
    for (std::size_t n = allocated.load(); n != owners; n = allocated.load()) allocated.wait(n);
    for (std::size_t i = 0; i < 640; ++i)
      for (std::size_t t = 0; t < owners; ++t) pool_release(all[t][i], 64 * (i % 16 + 1));
    pool_flush();
    released.store(true);
    released.notify_all();
    for (std::thread& t : threads) t.join();
  };
  round();
  const auto warm = pool_stats().bytes_reserved;
  const auto live = pool_stats().blocks_live;
  for (int i = 0; i < 20; ++i) round();
  CHECK(pool_stats().bytes_reserved == warm);
  CHECK(pool_stats().blocks_live == live);
}

TEST_CASE("pool: pool_flush sends gathered blocks home") {
  if (!pooling()) return;
  constexpr std::size_t size = 960;
  blocks lent = allocate(10, size);
  blocks got;
  hand_over place;
  std::thread other{[&] {
    release(place.take(), size);
    pool_flush();
    place.taken();
    place.take();  // stay alive, so that thread exit is not what sends them
    place.taken();
  }};
  place.give(lent);
  place.until_taken();
  got = allocate_until_new_slab(size);
  place.give(lent);
  other.join();
  const std::set<void*> seen(got.begin(), got.end());
  CHECK(std::all_of(lent.begin(), lent.end(), [&](void* b) { return seen.count(b) == 1; }));
  release(got, size);
}

TEST_CASE("pool: a thread that ends sends gathered blocks home") {
  if (!pooling()) return;
  constexpr std::size_t size = 960;
  blocks lent = allocate(10, size);
  on_a_thread([&] { release(lent, size); });
  blocks got = allocate_until_new_slab(size);
  const std::set<void*> seen(got.begin(), got.end());
  CHECK(std::all_of(lent.begin(), lent.end(), [&](void* b) { return seen.count(b) == 1; }));
  release(got, size);
}

TEST_CASE("pool: twenty thousand short threads reserve no more than two") {
  if (!pooling()) return;
  const auto work = [] { release(allocate(50, 128), 128); };
  on_a_thread(work);
  const auto warm = pool_stats().bytes_reserved;
  for (int i = 0; i < 10'000; ++i) {
    std::thread a{work};
    std::thread b{work};
    a.join();
    b.join();
  }
  CHECK(pool_stats().bytes_reserved <= warm + 2 * 64 * 1024);
}

TEST_CASE("pool: threads that start together never share a heap") {
  constexpr int threads = 8;
  std::atomic<int> damaged{0};
  for (int round = 0; round < 300; ++round) {
    std::atomic<bool> go{false};
    std::vector<std::thread> all;
    for (int t = 0; t < threads; ++t)
      all.emplace_back([&, t] {
        go.wait(false);
        blocks mine = allocate(40, 64);
        for (void* b : mine) std::memset(b, t + 1, 64);
        for (void* b : mine) damaged += static_cast<unsigned char*>(b)[63] != t + 1;
        release(mine, 64);
      });
    go.store(true);
    go.notify_all();
    for (std::thread& t : all) t.join();
  }
  CHECK(damaged.load() == 0);
}

TEST_CASE("pool: thread-locals that outlive the thread's heap may still release and allocate") {
  struct late {
    blocks held;
    ~late() {
      release(held, 64);
      void* b = pool_allocate(200);
      std::memset(b, 1, 200);
      pool_release(b, 200);
      void* large = pool_allocate(20'000);
      pool_release(large, 20'000);
    }
  };
  const auto before = pool_stats();
  for (int i = 0; i < 100; ++i)
    on_a_thread([] {
      static thread_local late last;  // constructed before the thread's first pool call: destroyed after the heap
      last.held = blocks(3);
      for (void*& b : last.held) b = pool_allocate(64);
    });
  CHECK(pool_stats().blocks_live == before.blocks_live);
  CHECK(pool_stats().bytes_reserved <= before.bytes_reserved + 3 * 64 * 1024);
}

namespace {

// Calls of any allocator while warm threads exchange 100'000 blocks: here, there, and from one to the other.
support::allocation_counts exchange_blocks() {
  constexpr std::size_t rounds = 1000;
  std::vector<void*> batch(100);
  std::atomic<int> turn{0};  // even: ours, odd: the other's
  const auto pass = [&](int from) {
    turn.store(from + 1);
    turn.notify_one();
  };
  const auto refill = [&] {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const std::size_t size = 64 * (i % 16) + 8;
      pool_release(batch[i], size);
      batch[i] = pool_allocate(size);
    }
    pool_flush();
  };
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i] = pool_allocate(64 * (i % 16) + 8);
  constexpr int warm_up = 20;
  std::thread other{[&] {
    for (int t = 1; t < 2 * static_cast<int>(rounds + warm_up); t += 2) {
      for (int now = turn.load(); now != t; now = turn.load()) turn.wait(now);
      refill();
      pass(t);
    }
  }};
  const auto play = [&](int first, int last) {
    for (int t = first; t < last; t += 2) {
      for (int now = turn.load(); now != t; now = turn.load()) turn.wait(now);
      refill();
      pass(t);
    }
    for (int now = turn.load(); now != last; now = turn.load()) turn.wait(now);
  };
  play(0, 2 * warm_up);
  const auto counts = support::allocations_during([&] { play(2 * warm_up, 2 * static_cast<int>(rounds + warm_up)); });
  other.join();
  for (std::size_t i = 0; i < batch.size(); ++i) pool_release(batch[i], 64 * (i % 16) + 8);
  return counts;
}

}  // namespace

TEST_CASE("pool: after warm-up no call allocates, on either side of a hand-over") {
  if (!support::allocations_counted() || !pooling()) return;
  const auto counts = exchange_blocks();
  CHECK(counts.operator_new == 0);
  CHECK(counts.malloc_family == 0);
  CHECK(counts.mimalloc == 0);
  CHECK(counts.tbb == 0);
}

// Runs only as a child of the next case, with WEIR_POOL=off.
TEST_CASE("pool control: unpooled" * doctest::skip()) {
  REQUIRE_FALSE(pooling());
  CHECK(exchange_blocks().total() >= 200'000);
}

TEST_CASE("pool: the counting test sees every allocation when pooling is off [control]") {
  if (!support::allocations_counted()) return;
  CHECK(support::run_self("WEIR_POOL=off", "pool control: unpooled") == 0);
}

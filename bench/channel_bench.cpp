// What a channel costs per item: one producer task and one consumer task on 2 workers, capacity 1024, 64-bit items.
//   channel/one_by_one   send and receive, one await each per item
//   channel/batch_64     send_many and receive_many in batches of 64, against a raw moodycamel queue with the same
//   batches
// The peer moves the same items from one thread to another through tokens and bulk calls; it is unbounded and nobody
// ever waits asleep, so it is less than a channel: the target is a share of its cost, not a win.
#include <concurrentqueue/concurrentqueue.h>

#include <array>
#include <cstdint>
#include <thread>
#include <vector>

#include <weir/channel.hpp>
#include <weir/limiter.hpp>
#include <weir/runtime.hpp>
#include <weir/spawn.hpp>

#include "support/paired.hpp"

namespace {

using weir::channel;
using weir::limiter;
using weir::permit;
using weir::runtime;
using weir::spawn;
using weir::task;

constexpr std::size_t capacity = 1024;
constexpr std::size_t batch = 64;

task<> produce(channel<std::uint64_t>& ch, std::uint64_t n) {
  for (std::uint64_t i = 1; i <= n; ++i) {
    co_await ch.send(std::uint64_t{i});
  }
  ch.close();
}

task<std::uint64_t> consume(channel<std::uint64_t>& ch) {
  std::uint64_t sum = 0;
  while (const auto v = co_await ch.receive()) sum += *v;
  co_return sum;
}

task<> produce_batches(channel<std::uint64_t>& ch, std::uint64_t n) {
  std::array<std::uint64_t, batch> items{};
  for (std::uint64_t i = 1; i <= n; i += batch) {
    for (std::size_t k = 0; k < batch; ++k) items[k] = i + k;
    co_await ch.send_many(items);
  }
  ch.close();
}

task<std::uint64_t> consume_batches(channel<std::uint64_t>& ch) {
  std::vector<std::uint64_t> items;
  items.reserve(batch);
  std::uint64_t sum = 0;
  while (co_await ch.receive_many(items, batch) != 0) {
    for (const std::uint64_t v : items) sum += v;
    items.clear();
  }
  co_return sum;
}

std::uint64_t one_by_one(runtime& rt, std::uint64_t n) {
  channel<std::uint64_t> ch{capacity};
  auto consumed = spawn(rt, consume(ch));
  spawn(rt, produce(ch, n)).get();
  return consumed.get();
}

std::uint64_t in_batches(runtime& rt, std::uint64_t n) {
  channel<std::uint64_t> ch{capacity};
  auto consumed = spawn(rt, consume_batches(ch));
  spawn(rt, produce_batches(ch, n)).get();
  return consumed.get();
}

std::uint64_t raw_queue(std::uint64_t n) {
  moodycamel::ConcurrentQueue<std::uint64_t> queue{capacity};
  std::uint64_t sum = 0;
  std::thread consumer{[&] {
    moodycamel::ConsumerToken token{queue};
    std::array<std::uint64_t, batch> items{};
    for (std::uint64_t got = 0; got < n;) {
      const std::size_t k = queue.try_dequeue_bulk(token, items.begin(), batch);
      for (std::size_t i = 0; i < k; ++i) sum += items[i];
      got += k;
    }
  }};
  moodycamel::ProducerToken token{queue};
  std::array<std::uint64_t, batch> items{};
  for (std::uint64_t i = 1; i <= n; i += batch) {
    for (std::size_t k = 0; k < batch; ++k) items[k] = i + k;
    queue.enqueue_bulk(token, items.begin(), batch);
  }
  consumer.join();
  return sum;
}

task<std::uint64_t> permits(limiter& lim, std::uint64_t n) {
  std::uint64_t got = 0;
  for (std::uint64_t i = 0; i < n; ++i) {
    const permit p = co_await lim.acquire();
    got += p.amount();
  }
  co_return got;
}

}  // namespace

int main(int argc, char** argv) {
  bench::suite suite{argc, argv};
  const std::uint64_t n = suite.quick() ? 640'000 : 10'000'000;
  const auto right = [n](std::uint64_t sum) { return sum == n * (n + 1) / 2; };
  runtime rt{{.threads = 2}};
  suite.compare({.name = "channel/one_by_one",
                 .workers = 2,
                 .items = static_cast<double>(n),
                 .ours = [&] { return one_by_one(rt, n); },
                 .correct = right,
                 .target = 60});
  suite.compare({.name = "channel/batch_64",
                 .workers = 2,
                 .items = static_cast<double>(n),
                 .ours = [&] { return in_batches(rt, n); },
                 .peer = [n] { return raw_queue(n); },
                 .peer_name = "moodycamel, bulk of 64",
                 .correct = right,
                 .target = 1 / 1.3});
  const std::uint64_t asks = suite.quick() ? 100'000 : 1'000'000;
  suite.compare({.name = "limiter/acquire_release",
                 .workers = 2,
                 .items = static_cast<double>(asks),
                 .ours =
                     [&] {
                       limiter lim{20};
                       return rt.block_on(permits(lim, asks));
                     },
                 .correct = [asks](std::uint64_t got) { return got == asks; }});
  return suite.finish();
}

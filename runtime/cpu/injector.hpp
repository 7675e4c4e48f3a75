// cpu/injector.hpp - how a job from any thread reaches the workers.                            [floor: cpu]
//
//   outside thread --credit--> its own producer of lane L --enqueue--> [moodycamel queue L] --take--> worker
//
// Shape       Three lanes (high, normal, low), each a queue of job pointers behind its own strict credit gate. What is
//             decided around the queue is in sync/lane.hpp; the high lane is rare: it shows whether it may hold
//             something.
// Threads     push, push_bulk: any thread.   take: workers, each with its slot's consumer.   close: any thread, once.
// Invariants  I1  once push() has returned, its job is visible to take() or was taken already
//             I2  credits in use == queued + taken and not yet given back (strict; the queue's own capacity is not)
//             I3  published() == 0 and no push under way  =>  nothing is queued
// Counts      moodycamel's "empty" proves nothing (its counters are optimistic), so each producer counts what it has
//             enqueued and each consumer what it has taken, both single-writer. published() reads the taken counts
//             first and the enqueued ones after them: it may say "something" too early, and
//             "nothing" too early only while a put is between its enqueue and its count (sync/lane.hpp).
// Producers   Explicit tokens only (implicit ones race in this version and are not recycled). A thread leases one
//             producer per injector and returns it when it ends; the roster outlives the injector for that reason,
//             the tokens do not.
#pragma once

#include <concurrentqueue/concurrentqueue.h>
#include <weir/detail/job.hpp>

#include <array>
#include <memory>
#include <new>
#include <optional>
#include <vector>

#include "sync/lane.hpp"
#include "sync/tally.hpp"

namespace weir::inline v0::cpu {

using detail::job;

inline constexpr unsigned lanes = 3;

struct queue_traits : moodycamel::ConcurrentQueueDefaultTraits {
  static constexpr std::size_t BLOCK_SIZE = 32;
};
using job_queue = moodycamel::ConcurrentQueue<job*, queue_traits>;

/// One thread's way into the three queues. Single writer: the thread that leases it.
struct producer {
  explicit producer(std::array<std::optional<job_queue>, lanes>& queues)
      : tokens{moodycamel::ProducerToken{*queues[0]}, moodycamel::ProducerToken{*queues[1]},
               moodycamel::ProducerToken{*queues[2]}} {
    for (const moodycamel::ProducerToken& t : tokens)
      if (!t.valid()) throw std::bad_alloc{};
  }

  std::array<moodycamel::ProducerToken, lanes> tokens;
  std::array<sync::tally, lanes> pushed;  // counted after the enqueue, read by published()
  sync::tally attempts;                   // counted before anything else (engine E3)
  producer* next = nullptr;               // all producers of the injector
};

class roster;

class injector {
 public:
  injector(std::size_t capacity, unsigned consumers);
  ~injector();

  injector(const injector&) = delete;
  injector& operator=(const injector&) = delete;

  /// Takes a credit and enqueues. False: the lane is full or closed; the job stays the caller's.
  /// Throws std::bad_alloc when the queue cannot grow (the credit is given back).
  [[nodiscard]] bool try_push(job& j);

  /// Enqueues the first n' <= n jobs as one bulk and returns n'. All of one lane.
  [[nodiscard]] std::size_t try_push_bulk(job* const* jobs, std::size_t n);

  /// A hint: try_push() would find no room.
  [[nodiscard]] bool full(unsigned lane) const noexcept { return gate(lane).full(); }

  /// Blocks until the lane may have room (true) or is closed (false).
  bool wait_for_room(unsigned lane) { return gate(lane).wait(); }

  /// Up to max jobs of one lane for consumer (slot) `who`.
  std::size_t take(unsigned who, unsigned lane, job** out, std::size_t max);

  /// While the caller goes on; before it goes idle it calls settle().
  void give_back(unsigned lane, std::uint32_t credits) noexcept { (void)gate(lane).give(credits); }
  void settle(unsigned lane, std::uint32_t credits) noexcept { gate(lane).settle(credits); }

  /// Enqueued and not yet taken; see Counts above.
  [[nodiscard]] std::uint64_t published(unsigned lane) const noexcept;
  [[nodiscard]] bool any_published() const noexcept;
  /// For the hot loop. False: no high job is queued that the caller could know of (sync/lane.hpp, L2).
  [[nodiscard]] bool may_hold_high() const noexcept { return lanes_[0]->may_hold(); }

  /// Counts submissions of the calling thread before they are tried. False: no memory, not counted.
  [[nodiscard]] bool attempt(std::uint64_t n) noexcept;
  [[nodiscard]] std::uint64_t attempts() const noexcept;
  /// Made so far: at most as many as threads submitted at a time.
  [[nodiscard]] std::size_t producers() const noexcept;
  [[nodiscard]] std::size_t credits_in_use() const noexcept;
  [[nodiscard]] std::size_t capacity(unsigned lane = 1) const noexcept { return gate(lane).capacity(); }
  [[nodiscard]] std::size_t high_water(unsigned lane = 1) const noexcept { return gate(lane).high_water(); }

  /// Wakes blocked producers; later pushes fail.
  void close() noexcept;

 private:
  struct alignas(64) consumer {
    std::array<std::optional<moodycamel::ConsumerToken>, lanes> tokens;
    std::array<sync::tally, lanes> taken;
  };

  [[nodiscard]] sync::credits& gate(unsigned lane) noexcept { return lanes_[lane]->gate(); }
  [[nodiscard]] const sync::credits& gate(unsigned lane) const noexcept { return lanes_[lane]->gate(); }
  class turn;
  producer& lease();

  const std::uint64_t id_;  // never reused: a thread's cached lease is recognised by it
  std::array<std::optional<job_queue>, lanes> queues_;
  std::array<std::optional<sync::lane<>>, lanes> lanes_;
  std::vector<consumer> consumers_;
  std::shared_ptr<roster> roster_;
};

}  // namespace weir::inline v0::cpu

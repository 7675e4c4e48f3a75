// sync/lane.hpp, a rare lane as the injector's high one: what is queued is shown. The look before the sleep, and who is
// woken, are in injector_model.
#include "sync/lane.hpp"

#include <array>

#include "explorer/model.hpp"
#include "support/model_queue.hpp"

namespace {

using namespace weir;  // NOLINT

template <std::size_t Producers, std::size_t Workers>
struct injector {
  explicit injector(std::size_t capacity) : high{capacity, true} {}

  sync::lane<sync::basic_credits<2>> high;
  model_queue queue;
  bool no_memory = false;
  std::array<sync::tally, Producers> pushed;
  std::array<sync::tally, Workers> taken;

  std::size_t push(std::size_t who, std::size_t n = 1) {
    const auto put = high.put(pushed[who], n, [this](std::size_t fit) {
      if (no_memory && model::any_of(2) == 1) return false;
      queue.enqueue(static_cast<int>(fit));
      return true;
    });
    return put.n;
  }
  bool look(std::size_t who) {  // engine::next
    return high.may_hold() &&
           high.take(taken[who], [this] { return static_cast<std::size_t>(queue.try_dequeue_bulk(1)); }) != 0;
  }
  std::uint64_t published() {
    return sync::outstanding([&] { return sync::total(taken); }, [&] { return sync::total(pushed); });
  }
  void require_shown() {
    if (published() != 0) model::require(high.may_hold(), "[L2] a job is queued and the lane does not show it");
  }
};

// At the end, and in a worker's own look, as the anchor's before it sleeps.
template <std::size_t Producers, std::size_t Workers>
void queued_is_shown(int each, int looks) {
  injector<Producers, Workers> i{4};
  for (std::size_t p = 0; p < Producers; ++p)
    model::thread([&, p, each] {
      for (int k = 0; k < each; ++k) (void)i.push(p);
    });
  for (std::size_t w = 0; w < Workers; ++w)
    model::thread([&, w, looks] {
      for (int k = 0; k < looks; ++k) (void)i.look(w);
    });
  model::join();
  i.require_shown();
  while (i.published() != 0) model::require(i.look(0), "[L2] what is queued is found");
  model::require(!i.high.may_hold(), "[L3] an empty lane shows nothing");
}

void who_knows_of_a_job_sees_it_shown() {
  injector<1, 1> i{4};
  model::thread([&] {
    for (int k = 0; k < 2; ++k) (void)i.push(0);
  });
  model::thread([&] { i.require_shown(); });
  i.require_shown();
  model::join();
}

// A producer, or a worker, that stops for ever inside hides nobody else's job.
void hidden_by_nobody(bool worker_stops) {
  injector<2, 2> i{4};
  bool second_is_in = false;
  model::thread([&] {
    if (worker_stops) return (void)i.push(0);
    const model::lock_free section;
    (void)i.push(0);
  });
  model::thread([&] {
    if (!worker_stops) return (void)i.look(0);
    const model::lock_free section;
    (void)i.look(0);
  });
  second_is_in = i.push(1) == 1;
  model::join();
  model::require(second_is_in, "there was room for it");
  if (i.queue.items.load(std::memory_order_acquire) != 0)  // who stopped is not joined: learns of its job here
    model::require(i.high.may_hold(), "[L2] a job is queued and the lane does not show it");
}

void no_memory_leaves_no_trace() {
  injector<2, 1> i{2};
  i.no_memory = true;
  model::thread([&] { (void)i.push(1, 2); });
  (void)i.push(0, 1);
  model::join();
  model::require(i.high.gate().in_use() == i.published(), "[L1] refused jobs hold no credit");
  while (i.published() != 0) model::require(i.look(0), "[L2] what is queued is found");
  model::require(!i.high.may_hold(), "[L3] refused jobs are not shown");
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(
      argc, argv,
      {{"lane: two pushes, two workers [L2 L3]", {.preemptions = 2, .stale = 3}, [] { queued_is_shown<1, 2>(2, 2); }},
       {"lane: two producers, a worker [L2 L3]", {.preemptions = 3}, [] { queued_is_shown<2, 1>(1, 1); }},
       {"lane: who knows of a job sees it shown [L2]", {.preemptions = 4}, who_knows_of_a_job_sees_it_shown},
       {"lane: no memory for the queue [L1 L3]", {.preemptions = 3}, no_memory_leaves_no_trace},
       {"lane: lock-free producers [L2]", {.preemptions = 2, .stop_forever = true}, [] { hidden_by_nobody(false); }},
       {"lane: lock-free workers [L2]", {.preemptions = 2, .stop_forever = true}, [] { hidden_by_nobody(true); }}});
}

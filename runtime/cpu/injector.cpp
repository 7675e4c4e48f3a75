#include "cpu/injector.hpp"

#include <algorithm>
#include <mutex>
#include <new>

#include "sync/tsan_order.hpp"

namespace weir::inline v0::cpu {

// The producers of one injector: leased by threads, returned at thread exit, possibly after the injector has gone.
class roster {
 public:
  explicit roster(std::array<std::optional<job_queue>, lanes>& queues) : queues_{&queues} {}

  producer* lease() {
    const std::lock_guard lock{mutex_};
    if (!free_.empty()) {
      producer* const p = free_.back();
      free_.pop_back();
      return p;
    }
    auto made = std::make_unique<producer>(*queues_);
    producer* const p = made.get();
    free_.reserve(all_.size() + 1);  // give_back() must not throw
    all_.push_back(std::move(made));
    p->next = first_.load(sync::memory_order_relaxed);
    first_.store(p, sync::memory_order_release);  // publishes the producer to first() in published()
    return p;
  }

  void give_back(producer* p) noexcept {
    const std::lock_guard lock{mutex_};
    if (queues_ != nullptr) free_.push_back(p);
  }

  /// The queues are about to go, and with them the tokens.
  void retire() noexcept {
    const std::lock_guard lock{mutex_};
    queues_ = nullptr;
    free_.clear();
    all_.clear();
  }

  [[nodiscard]] const producer* first() const noexcept { return first_.load(sync::memory_order_acquire); }

 private:
  std::mutex mutex_;
  std::array<std::optional<job_queue>, lanes>* queues_;
  std::vector<std::unique_ptr<producer>> all_;
  std::vector<producer*> free_;
  sync::atomic<producer*> first_{nullptr};
};

namespace {

struct held_lease {
  std::uint64_t id = 0;
  producer* mine = nullptr;
  std::shared_ptr<roster> from;
};

// What a thread holds: the few injectors it used last. Returned when the thread ends.
class held_leases {
 public:
  held_leases() = default;
  ~held_leases();

  producer* find(std::uint64_t id) const noexcept {
    for (const held_lease& l : held_)
      if (l.id == id) return l.mine;
    return nullptr;
  }

  void keep(held_lease l) noexcept {
    give_back(held_[next_]);
    held_[next_] = std::move(l);
    next_ = (next_ + 1) % held_.size();
  }

 private:
  static void give_back(held_lease& l) noexcept {
    if (l.from) l.from->give_back(l.mine);
    l = {};
  }

  std::array<held_lease, 8> held_;
  std::size_t next_ = 0;
};

// The last lease used, without a destructor, so that the hot path needs no initialisation check.
constinit thread_local std::uint64_t last_id = 0;
constinit thread_local producer* last_producer = nullptr;
constinit thread_local bool leases_returned = false;  // this thread's destructors are running

held_leases::~held_leases() {
  last_id = 0;
  leases_returned = true;
  for (held_lease& l : held_) give_back(l);
}

std::uint64_t next_id() noexcept {
  static constinit sync::atomic<std::uint64_t> counter{0};
  return counter.fetch_add(1, sync::memory_order_relaxed) + 1;  // only uniqueness matters
}

}  // namespace

injector::injector(std::size_t capacity, unsigned consumers) : id_{next_id()}, consumers_(consumers) {
  capacity = std::min(capacity, sync::credits::max_capacity);
  const std::size_t side = std::max<std::size_t>(1, capacity / 4);
  for (unsigned lane = 0; lane < lanes; ++lane) {
    queues_[lane].emplace(queue_traits::BLOCK_SIZE * 4);
    lanes_[lane].emplace(lane == 1 ? capacity : side, lane == 0);
    for (consumer& c : consumers_) c.tokens[lane].emplace(*queues_[lane]);
  }
  roster_ = std::make_shared<roster>(queues_);
}

injector::~injector() {
  roster_->retire();
  consumers_.clear();
}

// The calling thread's producer. From a thread_local's destructor, after those that hold leases have gone, it is leased
// for this one use.
class injector::turn {
 public:
  explicit turn(injector& to) {
    if (last_id == to.id_) [[likely]]
      mine_ = last_producer;
    else if (!leases_returned)
      mine_ = &to.lease();
    else
      mine_ = (late_ = to.roster_.get())->lease();
  }
  ~turn() {
    if (late_ != nullptr) [[unlikely]]
      late_->give_back(mine_);
  }
  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;
  producer* operator->() const noexcept { return mine_; }

 private:
  producer* mine_;
  roster* late_ = nullptr;
};

producer& injector::lease() {
  static thread_local held_leases held;
  producer* p = held.find(id_);
  if (p == nullptr) {
    p = roster_->lease();
    held.keep({id_, p, roster_});
  }
  last_id = id_;
  last_producer = p;
  return *p;
}

bool injector::attempt(std::uint64_t n) noexcept {
  try {
    turn { *this } -> attempts.add(n);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

bool injector::try_push(job& j) {
  job* const one = &j;
  return try_push_bulk(&one, 1) == 1;
}

std::size_t injector::try_push_bulk(job* const* jobs, std::size_t n) {
  const unsigned lane = jobs[0]->lane;
  const turn me{*this};
  const auto put = lanes_[lane]->put(me->pushed[lane], n, [&](std::size_t fit) noexcept {  // pointers: nothing throws
    for (std::size_t i = 0; i < fit; ++i) {
      jobs[i]->credited = true;
      sync::tsan_sent(jobs[i]);
    }
    return fit == 1 ? queues_[lane]->enqueue(me->tokens[lane], jobs[0])
                    : queues_[lane]->enqueue_bulk(me->tokens[lane], jobs, fit);
  });
  if (put.why == sync::lane<>::refused::no_memory) throw std::bad_alloc{};
  return put.n;
}

std::size_t injector::take(unsigned who, unsigned lane, job** out, std::size_t max) {
  consumer& me = consumers_[who];
  return lanes_[lane]->take(me.taken[lane], [&] {
    const std::size_t n = queues_[lane]->try_dequeue_bulk(*me.tokens[lane], out, max);
    for (std::size_t i = 0; i < n; ++i) sync::tsan_received(out[i]);
    return n;
  });
}

std::uint64_t injector::published(unsigned lane) const noexcept {
  const auto taken = [&] {
    std::uint64_t sum = 0;
    for (const consumer& c : consumers_) sum += c.taken[lane].read();
    return sum;
  };
  const auto pushed = [&] {
    std::uint64_t sum = 0;
    for (const producer* p = roster_->first(); p != nullptr; p = p->next) sum += p->pushed[lane].read();
    return sum;
  };
  return sync::outstanding(taken, pushed);
}

// Lane by lane: one that errs below nothing must not make up for another one's job.
bool injector::any_published() const noexcept { return published(0) != 0 || published(1) != 0 || published(2) != 0; }

std::size_t injector::producers() const noexcept {
  std::size_t n = 0;
  for (const producer* p = roster_->first(); p != nullptr; p = p->next) ++n;
  return n;
}

std::uint64_t injector::attempts() const noexcept {
  std::uint64_t sum = 0;
  for (const producer* p = roster_->first(); p != nullptr; p = p->next) sum += p->attempts.read();
  return sum;
}

std::size_t injector::credits_in_use() const noexcept {
  std::size_t used = 0;
  for (const auto& lane : lanes_) used += lane->gate().in_use();
  return used;
}

void injector::close() noexcept {
  for (auto& lane : lanes_) (void)lane->gate().close();
}

}  // namespace weir::inline v0::cpu

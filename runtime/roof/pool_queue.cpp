#include <weir/detail/pool_queue.hpp>

#include <weir/detail/thread_context.hpp>
#include <weir/error.hpp>

#include <algorithm>

#include "base/fork_guard.hpp"
#include "job/stack_room.hpp"

namespace weir::inline v0::detail {

namespace {

// Jobs a runner takes before it stands in line again, so that other work of the runtime gets its turn.
constexpr unsigned jobs_per_turn = 16;

}  // namespace

pool_queue::pool_queue(executor_core& engine, unsigned runners, std::size_t capacity, on_full policy)
    : engine_{engine}, capacity_{capacity}, policy_{policy}, runners_(runners) {
  resting_.reserve(runners);
  for (runner& r : runners_) {
    r.queue = this;
    resting_.push_back(&r);
  }
}

// The runtime has ended: what is left could not run (a child of fork, a submission beside the destructor).
pool_queue::~pool_queue() { cancel_all(take_all()); }

// --- the list, under the lock ---

void pool_queue::link(pool_place& p) noexcept {
  p.linked = true;
  p.next = nullptr;
  p.prev = last_;
  (last_ != nullptr ? last_->next : first_) = &p;
  last_ = &p;
  high_water_ = std::max(high_water_, ++queued_);
}

void pool_queue::unlink(pool_place& p) noexcept {
  (p.prev != nullptr ? p.prev->next : first_) = p.next;
  (p.next != nullptr ? p.next->prev : last_) = p.prev;
  p.linked = false;
  --queued_;
}

pool_place* pool_queue::take_all() noexcept {
  for (pool_place* p = first_; p != nullptr; p = p->next) p->linked = false;
  pool_place* const all = first_;
  first_ = last_ = nullptr;
  running_ += queued_;  // until cancel_all() has ended them
  queued_ = 0;
  room_made();
  return all;
}

void pool_queue::room_made() noexcept {
  if (waiting_for_room_ != 0) room_.notify_all();
}

void pool_queue::tell() noexcept {
  if (waiting_for_quiet_ != 0 && quiet()) quiet_.notify_all();
}

void pool_queue::count(outcome how) noexcept {
  if (how == outcome::ok)
    ++ok_;
  else if (how == outcome::failed)
    ++failed_;
  else if (how == outcome::cancelled)
    ++cancelled_;
  // elsewhere: whoever ran it in place counts it
}

void pool_queue::job_ended(outcome how) noexcept {
  --running_;
  count(how);
  tell();
}

// --- submitters ---

// Whether n jobs may be handed in by this thread now; what finds no room then waits or runs inline.
admission pool_queue::may_enter(std::size_t n) const noexcept {
  if (queued_ <= capacity_ && n <= capacity_ - queued_) return admission::accepted;
  if (policy_ == on_full::run_inline) return stack_room_left() ? admission::accepted : admission::full;
  if (policy_ == on_full::reject || engine_.is_worker_here()) return admission::full;
  return this_thread_context().role == thread_role::reactor ? admission::would_deadlock : admission::accepted;
}

void pool_queue::refuse_all(pool_place* const* places, std::size_t n, admission why) {
  for (std::size_t i = 0; i < n; ++i) (void)places[i]->self->act(places[i]->self, action::cancel);
  throw_refused(why);
}

void pool_queue::admit(pool_place* const* places, std::size_t n) {
  if (base::in_forked_child()) refuse_all(places, n, admission::closed);  // the lock may be held by nobody that lives
  for (std::size_t i = 0; i < n; ++i) places[i]->queue = this;
  std::unique_lock lock{mutex_};
  attempted_ += n;
  if (const admission how = may_enter(n); how != admission::accepted) {
    rejected_ += n;
    lock.unlock();
    refuse_all(places, n, how);
  }
  bool open = true;
  for (std::size_t i = 0; i < n && open; ++i) {
    if (queued_ >= capacity_ && policy_ != on_full::run_inline) {
      open = wake_runners(lock);
      ++waiting_for_room_;
      room_.wait(lock, [this] { return queued_ < capacity_; });
      --waiting_for_room_;
    }
    if (queued_ < capacity_) {
      link(*places[i]);
    } else {
      ++running_;
      lock.unlock();
      run_inline(*places[i]);
      lock.lock();
    }
  }
  if (!wake_runners(lock) || !open) throw runtime_closed{};
}

void pool_queue::admit_due(pool_place& place) noexcept {
  place.queue = this;
  std::unique_lock lock{mutex_};
  ++attempted_;
  if (ending_) {
    ++running_;  // until cancel_all() has ended it
    lock.unlock();
    place.next = nullptr;
    cancel_all(&place);
    return;
  }
  link(place);
  (void)wake_runners(lock);
}

void pool_queue::run_inline(pool_place& p) noexcept {
  const acting_for reports_to{engine_.home_of_tasks()};
  const outcome how = p.self->act(p.self, action::run);
  const std::lock_guard lock{mutex_};
  job_ended(how);
}

// Releases the lock for the wake-ups and takes it again. False: the runtime is closed, and the list has been cancelled.
bool pool_queue::wake_runners(std::unique_lock<std::mutex>& lock) noexcept {
  while (!paused_ && queued_ != 0 && !resting_.empty() && runners_.size() - resting_.size() < queued_ + running_) {
    runner* const r = resting_.back();
    resting_.pop_back();
    lock.unlock();
    const bool entered = engine_.enter(*r);
    lock.lock();
    if (entered) continue;
    resting_.push_back(r);
    if (resting_.size() != runners_.size()) return true;  // another runner is there and will see to it
    pool_place* const stranded = take_all();
    lock.unlock();
    cancel_all(stranded);
    lock.lock();
    return false;
  }
  return true;
}

// --- runners ---

outcome pool_queue::runner::act_on(job* j, action what) noexcept {
  auto& r = static_cast<runner&>(*j);
  static_cast<void>(what);  // what is discarded are the pool's jobs, through the pool
  r.queue->serve(r);
  return outcome::internal;
}

void pool_queue::serve(runner& r) noexcept {
  std::unique_lock lock{mutex_};
  for (unsigned taken = 0; !paused_ && first_ != nullptr; ++taken) {
    if (taken == jobs_per_turn) {
      lock.unlock();
      if (engine_.enter(r)) return;
      lock.lock();
      taken = 0;
      continue;
    }
    pool_place& p = *first_;
    unlink(p);
    ++running_;
    room_made();
    lock.unlock();
    const outcome how = p.self->act(p.self, action::run);
    lock.lock();
    job_ended(how);
  }
  resting_.push_back(&r);
}

// --- past the list ---

bool pool_place::begin_in_place() noexcept {
  const std::lock_guard lock{queue->mutex_};
  ++queue->running_;
  if (!linked) return false;
  queue->unlink(*this);
  queue->room_made();
  return true;
}

void pool_place::end_in_place(outcome how) noexcept {
  const std::lock_guard lock{queue->mutex_};
  queue->job_ended(how);
}

bool pool_place::cancel_in_place() noexcept {
  const std::lock_guard lock{queue->mutex_};
  if (!linked) return false;  // a runner or a purge has it, finds it cancelled and counts it
  queue->unlink(*this);
  ++queue->cancelled_;
  queue->room_made();
  queue->tell();
  return true;
}

bool pool_queue::begin_here() {
  const std::lock_guard lock{mutex_};
  if (paused_ || ending_) return false;
  ++attempted_;
  ++running_;
  return true;
}

void pool_queue::ended_here(outcome how) noexcept {
  const std::lock_guard lock{mutex_};
  job_ended(how);
}

// --- control ---

void pool_queue::pause() {
  base::refuse_in_forked_child();
  const std::lock_guard lock{mutex_};
  paused_ = true;
  tell();
}

void pool_queue::unpause() {
  base::refuse_in_forked_child();
  std::unique_lock lock{mutex_};
  paused_ = false;
  (void)wake_runners(lock);
}

bool pool_queue::paused() const {
  base::refuse_in_forked_child();
  const std::lock_guard lock{mutex_};
  return paused_;
}

std::size_t pool_queue::purge() {
  base::refuse_in_forked_child();
  pool_place* all = nullptr;
  {
    const std::lock_guard lock{mutex_};
    all = take_all();
  }
  return cancel_all(all);
}

std::size_t pool_queue::cancel_all(pool_place* first) noexcept {
  std::size_t ended = 0;
  while (first != nullptr) {
    pool_place* const next = first->next;
    const outcome how = first->self->act(first->self, action::cancel);
    if (how == outcome::cancelled) ++ended;
    const std::lock_guard lock{mutex_};
    job_ended(how);
    first = next;
  }
  return ended;
}

bool pool_queue::wait(std::chrono::steady_clock::time_point deadline) {
  base::refuse_in_forked_child();
  std::unique_lock lock{mutex_};
  if (quiet()) return true;
  if (engine_.is_worker_here() || this_thread_context().role == thread_role::reactor)
    throw would_deadlock{"weir: thread_pool::wait on one of the pool's own workers, or on a reactor thread"};
  ++waiting_for_quiet_;
  const auto now_quiet = [this] { return quiet(); };
  bool in_time = true;
  if (deadline == std::chrono::steady_clock::time_point::max())
    quiet_.wait(lock, now_quiet);
  else
    in_time = quiet_.wait_until(lock, deadline, now_quiet);
  --waiting_for_quiet_;
  return in_time;
}

void pool_queue::begin_end() {
  std::unique_lock lock{mutex_};
  ending_ = true;
  paused_ = false;
  (void)wake_runners(lock);
}

thread_pool_stats pool_queue::stats() const {
  base::refuse_in_forked_child();
  const std::lock_guard lock{mutex_};
  return {attempted_, ok_, failed_, cancelled_, rejected_, queued_, running_, high_water_};
}

}  // namespace weir::inline v0::detail

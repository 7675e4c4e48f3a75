#include "cpu/engine.hpp"

#include <weir/detail/trace.hpp>

#include <algorithm>

#include "base/fork_guard.hpp"
#include "cpu/job_trace.hpp"

namespace weir::inline v0::cpu {

using detail::thread_role;

namespace {

constexpr unsigned deepest_inline = 64;  // nested run_inline on one thread: beyond it, queue_full
constinit thread_local unsigned inline_depth = 0;

// A worker gives credits back in batches, but while it runs a long job at most an eighth of the room is out of use.
std::uint32_t most_owed(std::size_t capacity, std::size_t workers) {
  return static_cast<std::uint32_t>(std::clamp<std::size_t>(capacity / (8 * workers), 1, 256));
}

std::vector<slot> make_slots(unsigned n, engine& owner, const sync::activity& activity) {
  std::vector<slot> slots(n);
  for (unsigned i = 0; i < n; ++i) {
    slots[i].owner = &owner;
    slots[i].index = i;
    slots[i].steal_seed = i * 2654435761U + 1;
    slots[i].forks.activity = slots[i].branches.activity = &activity.word();
    slots[i].forks.workers = slots[i].branches.workers = n;
  }
  return slots;
}

}  // namespace

engine::engine(engine_options options)
    : options_{std::move(options)},
      activity_{options_.workers},
      stall_{options_.workers},
      slots_{make_slots(options_.workers, *this, activity_)},
      injector_{options_.queue_capacity, options_.workers},
      most_owed_{most_owed(injector_.capacity(0), options_.workers), most_owed(injector_.capacity(1), options_.workers),
                 most_owed(injector_.capacity(2), options_.workers)},
      arena_{*this} {}

engine::~engine() = default;

slot* engine::my_slot() const noexcept {
  const detail::thread_context& here = detail::this_thread_context();
  if (here.role != thread_role::worker) return nullptr;
  slot* const s = static_cast<slot*>(here.engine);
  return s->owner == this ? s : nullptr;
}

bool engine::is_worker_here() const noexcept { return my_slot() != nullptr; }

bool engine::attempt(std::uint64_t n) noexcept { return attempt(my_slot(), n); }

bool engine::attempt(slot* mine, std::uint64_t n) noexcept {
  if (base::in_forked_child()) return false;  // before any lock: a thread that is not here may have held it
  if (mine != nullptr)
    mine->attempts.add(n);
  else if (!injector_.attempt(n))
    outside_.attempts.add(n);
  if ((mine != nullptr ? open_inside_ : open_).may_enter()) return true;
  reject(n);
  return false;
}

bool engine::open_to(const slot* mine) const noexcept { return (mine != nullptr ? open_inside_ : open_).is_open(); }

std::size_t engine::submit(job* const* jobs, std::size_t n, std::uint64_t weight, full_policy policy, admission& why) {
  slot* const mine = my_slot();
  why = admission::closed;
  if (!attempt(mine, n * weight)) return 0;
  why = admission::accepted;
  if (detail::traced(detail::event::spawn)) [[unlikely]]
    trace_submitted(jobs, n, weight != 1);
  std::size_t done = 0;
  while (done < n && why <= admission::ran_inline) done += push_some(mine, jobs + done, n - done, policy, why);
  if (done == n) return done;
  if (detail::traced(detail::event::end)) [[unlikely]]
    trace_refused(jobs + done, n - done);
  reject((n - done) * weight);
  return done;
}

// Looked at before it is counted. Losing the last room to another thread in between is a refused attempt like others.
admission engine::submit_due(job& j) noexcept {
  if (!open_.is_open()) return admission::closed;
  if (injector_.full(j.lane)) return admission::full;
  job* const only = &j;
  admission why{};
  (void)submit(&only, 1, 1, full_policy::reject, why);
  return why == admission::no_memory ? admission::full : why;
}

void engine::announce() noexcept {
  notify();
  if (stall_.all_wait()) [[unlikely]]  // (stall Q3) after notify()'s light fence
    tell_if_stuck();
}

// How many of n were admitted at once or run; 0: see why, and when it is `accepted`, try again.
std::size_t engine::push_some(slot* mine, job* const* jobs, std::size_t n, full_policy policy, admission& why) {
  try {
    if (const std::size_t pushed = mine != nullptr ? push_local(*mine, jobs, n) : injector_.try_push_bulk(jobs, n)) {
      why = admission::accepted;
      announce();
      return pushed;
    }
    why = when_full(mine, *jobs[0], policy);
  } catch (const std::bad_alloc&) {
    why = admission::no_memory;
  }
  return why == admission::ran_inline ? 1 : 0;
}

// accepted: there may be room now, try again.
admission engine::when_full(slot* mine, job& j, full_policy policy) {
  if (!open_to(mine)) return admission::closed;
  if (policy == full_policy::run_inline) return run_inline(mine, j) ? admission::ran_inline : admission::full;
  if (policy == full_policy::reject || mine != nullptr) return admission::full;  // a worker never waits
  if (detail::this_thread_context().role == thread_role::reactor) return admission::would_deadlock;
  return injector_.wait_for_room(j.lane) ? admission::accepted : admission::closed;
}

// A worker's own submissions go to its deque; what does not fit to the injector, without waiting. Other lanes the other
// way round: the injector keeps them apart, but a running job may finish what it began when that is full or closed.
std::size_t engine::push_local(slot& mine, job* const* jobs, std::size_t n) {
  const bool normal = jobs[0]->lane == 1;
  if (!normal)
    if (const std::size_t pushed = injector_.try_push_bulk(jobs, n)) return pushed;
  std::size_t done = 0;
  while (done < n && mine.jobs.push(jobs[done])) ++done;
  return done != 0 || !normal ? done : injector_.try_push_bulk(jobs, n);
}

bool engine::run_inline(slot* mine, job& j) {
  if (inline_depth >= deepest_inline) return false;
  ++inline_depth;
  const detail::acting_for reports_to{options_.sched};
  const auto id = detail::trace_id(&j);
  const unsigned traced_as = j.tracing;
  if (detail::traced(detail::event::begin)) [[unlikely]]
    trace_begin(id, mine != nullptr ? mine->index : 0xFFFF, traced_as, j.name);
  const outcome how = j.act(&j, detail::action::run);
  if (detail::traced(detail::event::end)) [[unlikely]]
    trace_end(id, traced_as, how);
  --inline_depth;
  if (mine != nullptr)
    count(*mine, how);
  else
    count_items(how, 1);
  return true;
}

void engine::count_items(outcome how, std::uint64_t n) noexcept {
  if (n == 0) return;
  if (slot* const mine = my_slot()) return count(*mine, how, n);
  if (how == outcome::ok) outside_.ok.add(n);
  if (how == outcome::failed) outside_.failed.add(n);
  if (how == outcome::cancelled) outside_.cancelled.add(n);
  tell_waiters();
}

void engine::reject(std::uint64_t n) noexcept {
  outside_.rejected.add(n);
  tell_waiters();
}

bool engine::hungry() const noexcept {
  const slot* const mine = my_slot();
  return mine != nullptr && mine->jobs.looks_empty();
}

bool engine::share(job& j) noexcept {
  slot* const mine = my_slot();
  if (mine == nullptr || !mine->jobs.push(&j)) return false;
  notify();
  return true;
}

void engine::resume(job& j) noexcept {
  slot* const mine = my_slot();
  if (mine != nullptr) {
    if (!mine->jobs.push(&j)) (void)inbox_.push(j);
    return announce();
  }
  // The job may end, and whoever waits for it destroy us, before we have looked whom to wake: stop() waits for us. The
  // push publishes that we are inside. (Refused: stop() is at work, nobody is to be woken.)
  const bool inside = visits_.enter();
  (void)inbox_.push(j);
  if (!inside) return;
  announce();
  visits_.leave();
}

void engine::resume_chain(job& newest, job& oldest) noexcept {
  (void)inbox_.push_chain(newest, oldest);
  announce();
}

bool engine::anything_to_do() const noexcept {
  if (!inbox_.empty() || injector_.any_published()) return true;
  return std::any_of(slots_.begin(), slots_.end(), [](const slot& s) {
    return !s.jobs.looks_empty() || !s.forks.looks_empty() || !s.branches.looks_empty() || !s.backlog.looks_empty();
  });
}

std::string engine::running_names() const {
  std::string text;
  for (const slot& s : slots_)
    if (const char* const name = s.running.load(sync::memory_order_relaxed))
      text += std::string{text.empty() ? ": " : ", "} + name;
  return text;
}

slot* engine::claim(unsigned first) noexcept {
  slot* won = nullptr;
  unsigned held = 0;
  for (unsigned i = 0; i < slots_.size(); ++i) {
    slot& s = slots_[i];
    if (won == nullptr && i >= first && s.seat.try_take()) won = &s;
    held += s.seat.taken() ? 1 : 0;
  }
  if (won == nullptr) return won;
  arena_.note_granted(held);
  detail::trace(detail::event::enter, won->index, detail::trace_id(this), first == 0 ? 1 : 0);
  return won;
}

void engine::release(slot& s) noexcept {
  detail::trace(detail::event::leave, s.index, detail::trace_id(this));
  s.seat.leave();
}

engine_counts engine::counts() const noexcept {
  engine_counts c;  // the ends first, the attempts last: see quiet()
  for (const slot& s : slots_) {
    c.ok += s.ok.read();
    c.failed += s.failed.read();
    c.cancelled += s.cancelled.read();
    c.stolen += s.stolen_jobs.read();
    c.parked += s.parked.read();
  }
  c.ok += outside_.ok.read();
  c.failed += outside_.failed.read();
  c.cancelled += outside_.cancelled.read();
  c.rejected += outside_.rejected.read();
  for (const slot& s : slots_) c.attempts += s.attempts.read();
  c.attempts += injector_.attempts() + outside_.attempts.read();
  return c;
}

// Ends are read before attempts. Both only grow and ends never pass attempts, so equality means that at the moment
// between the two readings everything attempted had ended.
bool engine::quiet() const noexcept {
  const engine_counts c = counts();
  return c.ended() == c.attempts && injector_.credits_in_use() == 0;
}

bool engine::wait_quiet(std::chrono::steady_clock::time_point deadline) {
  return quiet() || quiet_bell_.wait(deadline, [this] { return quiet(); });
}

void engine::tell_waiters() noexcept {
  quiet_bell_.ring_if([this] { return quiet(); });
}

void engine::close() noexcept {
  open_.close();
  injector_.close();
}

void engine::close_fully() noexcept {
  open_inside_.close();
  close();
}

void engine::stop() noexcept {
  stopped_.store(true, sync::memory_order_relaxed);
  arena_.stop();
  visits_.close();
  end_leftovers();
}

// The workers have gone. All that can still be queued is the places of jobs that a waiter ran itself (they hold a
// reference to the result), in a slot whose next tenant never came.
void engine::end_leftovers() noexcept {
  const auto end = [](job& j) {
    const auto id = detail::trace_id(&j);
    const unsigned traced_as = j.tracing;
    const outcome how = j.act(&j, detail::action::cancel);
    if (detail::traced(detail::event::end) && (traced_as & job::spawned) != 0) trace_end(id, traced_as, how);
  };
  const auto end_all = [&end](job* chain) {
    while (chain != nullptr) end(*std::exchange(chain, chain->next));
  };
  for (slot& s : slots_) {
    while (job* const j = s.jobs.pop()) end(*j);
    end_all(s.backlog.take());
  }
  end_all(inbox_.take_all());
}

}  // namespace weir::inline v0::cpu

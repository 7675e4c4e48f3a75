// cpu/worker.cpp - what a worker does with its slot: find a job, run it, account for it.
#include <weir/detail/pool.hpp>
#include <weir/detail/trace.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>

#include "cpu/engine.hpp"
#include "cpu/job_trace.hpp"
#include "cpu/patience.hpp"
#include "sync/join_flag.hpp"

namespace weir::inline v0::cpu {

using clock = std::chrono::steady_clock;
using detail::event;
using detail::thread_context;
using detail::trace;
using detail::traced;

namespace {

constexpr unsigned fairness_period = 64;         // looks in which each source is asked first once: none starves another
constexpr std::size_t longest_chunk = 128;       // jobs taken from the injector at once
constexpr std::uint64_t short_chunk_ns = 5'000;  // below: take twice as many next time
constexpr std::uint64_t long_chunk_ns = 20'000;  // above: take half as many

// What another core has written arrives while the jobs before it run.
void fetch_early(const job* j) noexcept {
  if (j == nullptr) return;
  const auto* const at = reinterpret_cast<const std::byte*>(j);
  __builtin_prefetch(at);
  __builtin_prefetch(at + 64);
}

constexpr int pauses_before_steal = 32;  // about 1 us: a fork that its owner joins sooner is not worth a fence

// True when the slot's oldest fork stays for a while. A steal makes the victim's processor pass a barrier, which costs
// both sides microseconds; without this look a thief with nothing better to do would slow down those who work on tiny
// forks.
bool has_lasting_fork(const slot& victim) noexcept {
  const detail::fork_place oldest = victim.forks.oldest();
  if (oldest == detail::nowhere) return false;
  for (int i = 0; i < pauses_before_steal; ++i) sync::pause();
  return victim.forks.oldest() == oldest;
}

std::uint64_t now_ns() noexcept { return static_cast<std::uint64_t>(clock::now().time_since_epoch().count()); }

}  // namespace

engine::stint engine::work(slot& mine, clock::time_point slice_end) {
  const bool sliced = slice_end != clock::time_point::max();
  unsigned until_check = 1, stride = 1;  // jobs between two looks at the clock: about 5 us
  clock::time_point checked{};
  sync::search search{activity_};
  patience idle{options_.spin};
  for (;;) {
    if (job* const j = next(mine)) {
      search.found(*this);
      run(mine, *j);
    } else if (!steal_and_run(mine, search, idle.steals_jobs())) {
      search.found_nothing();
      if (idle.fresh()) settle(mine);
      if (idle.look_again()) continue;
      mine.parked.add();
      return stint::idle;
    }
    idle.reset();
    if (!sliced || --until_check != 0) continue;
    const clock::time_point now = clock::now();
    if (now >= slice_end) {
      settle(mine);
      return stint::slice_over;
    }
    stride = now - checked < std::chrono::microseconds{5} ? std::min(stride * 2, 64U) : std::max(stride / 2, 1U);
    until_check = stride;
    checked = now;
  }
}

job* engine::next(slot& mine) {
  if (job* const j = out_of_turn(mine)) return j;
  if (injector_.may_hold_high())
    if (job* const j = take_lane(mine, 0, 1)) return j;
  if (job* const j = mine.jobs.pop()) {
    fetch_early(mine.jobs.upcoming(3));
    return j;
  }
  if (job* const j = take_inbox(mine)) return j;
  return take_injected(mine);
}

job* engine::out_of_turn(slot& mine) {
  switch (++mine.tick % fairness_period) {
    case 0:
      return take_lane(mine, 2, 1);
    case fairness_period / 4:
      return take_inbox(mine);
    case fairness_period / 2:
      return take_lane(mine, 1, 1);
    case fairness_period / 4 * 3:
      return mine.jobs.pop_oldest();
    default:
      return nullptr;
  }
}

job* engine::take_inbox(slot& mine) {
  job* chain = mine.backlog.take();
  if (chain == nullptr) chain = inbox_.take_all();
  return chain == nullptr ? nullptr : take_chain(mine, chain);
}

// Runs the first of a chain and makes some of the rest stealable, oldest first; what is left waits in the backlog, so
// that a long chain is walked once. Requires an empty backlog.
job* engine::take_chain(slot& mine, job* chain) {
  job* const first = std::exchange(chain, chain->next);
  job* batch[128];
  std::size_t n = 0;
  for (const std::size_t room = std::min(std::size(batch), mine.jobs.room()); chain != nullptr && n < room;)
    batch[n++] = std::exchange(chain, chain->next);
  while (n > 0) (void)mine.jobs.push(batch[--n]);  // room() saw to it; youngest first, so that pops give the oldest
  if (chain != nullptr) mine.backlog.put(chain);
  notify();
  return first;
}

// The normal lane in chunks sized by time; the low lane when there is nothing else, and at least every 64th time.
job* engine::take_injected(slot& mine) {
  if (mine.chunk_taken_at != 0) {
    const std::uint64_t took = now_ns() - mine.chunk_taken_at;
    if (took < short_chunk_ns) mine.chunk = std::min<unsigned>(mine.chunk * 2, longest_chunk);
    if (took > long_chunk_ns) mine.chunk = std::max(mine.chunk / 2, 1U);
  }
  const bool low_first = ++mine.takes % 64 == 0;
  job* j = low_first ? take_lane(mine, 2, 1) : nullptr;
  if (j == nullptr) j = take_lane(mine, 1, mine.chunk);
  if (j == nullptr) j = take_lane(mine, 2, 1);
  mine.chunk_taken_at = j == nullptr ? 0 : now_ns();
  return j;
}

job* engine::take_lane(slot& mine, unsigned lane, std::size_t max) {
  job* chunk[longest_chunk];
  const std::size_t n = injector_.take(mine.index, lane, chunk, std::min(max, mine.jobs.room() + 1));
  if (n == 0) return nullptr;
  for (std::size_t i = n - 1; i > 0; --i) (void)mine.jobs.push(chunk[i]);  // room() saw to it
  for (std::size_t i = 1; i < std::min<std::size_t>(n, 4); ++i) fetch_early(chunk[i]);
  if (n > 1) notify();
  return chunk[0];
}

void engine::run_branch(slot& mine, slot& victim, detail::branch& b) noexcept {
  mine.stolen_jobs.add();
  trace(event::steal, mine.index, victim.index, 1);
  const auto id = reinterpret_cast<std::uintptr_t>(&b);
  trace(event::begin, id, mine.index, 1, "fork");
  const bool cancel = discarding_.load(sync::memory_order_relaxed);
  b.type->run(b, cancel ? detail::action::cancel : detail::action::run);
  trace(event::end, id, 0, static_cast<unsigned>(outcome::internal));
  mine.lane = 1;
}

bool engine::steal_and_run(slot& mine, sync::search& search, bool jobs_too) {
  const std::size_t n = slots_.size();
  mine.steal_seed = mine.steal_seed * 1664525U + 1013904223U;
  const std::size_t start = (mine.steal_seed >> 16) % n;
  for (std::size_t i = 0; i < n; ++i) {
    slot& victim = slots_[(start + i) % n];
    if (&victim == &mine) continue;
    if (job* const j = jobs_too ? victim.jobs.steal() : nullptr) {
      search.found(*this);
      mine.stolen_jobs.add();
      trace(event::steal, mine.index, victim.index);
      run(mine, *j);
      return true;
    }
    if (detail::branch* const b = victim.branches.steal()) {
      search.found(*this);
      run_branch(mine, victim, *b);
      return true;
    }
    if (fork_job* const f = has_lasting_fork(victim) ? victim.forks.steal() : nullptr) {
      search.found(*this);
      run_stolen(mine, victim, *f);
      return true;
    }
    if (job* const chain = victim.backlog.take()) {
      job* const j = take_chain(mine, chain);
      trace(event::steal, mine.index, victim.index, 3);
      search.found(*this);
      run(mine, *j);
      return true;
    }
  }
  return false;
}

void engine::run(slot& mine, job& j) noexcept {
  const std::uint8_t lane = j.lane;  // act() ends the job: nothing of it may be read afterwards
  const bool credited = j.credited;
  const char* const name = j.name;
  const auto id = reinterpret_cast<std::uintptr_t>(&j);
  mine.lane = lane;
  const char* const outer = mine.running.load(sync::memory_order_relaxed);  // a waiting job may run the awaited one
  mine.running.store(name != nullptr ? name : "a job without a name", sync::memory_order_relaxed);
  const unsigned traced_as = j.tracing;
  if (traced(event::begin)) [[unlikely]]
    trace_begin(id, mine.index, traced_as, name);
  const bool cancel = discarding_.load(sync::memory_order_relaxed);
  const outcome how = j.act(&j, cancel ? detail::action::cancel : detail::action::run);
  if (traced(event::end)) [[unlikely]]
    trace_end(id, traced_as, how);
  mine.lane = 1;
  mine.running.store(outer, sync::memory_order_relaxed);
  count(mine, how);
  if (credited && ++mine.owed_credits[lane] >= most_owed_[lane])
    injector_.give_back(lane, std::exchange(mine.owed_credits[lane], 0));
}

void engine::run_stolen(slot& mine, slot& victim, fork_job& j) noexcept {
  mine.stolen_jobs.add();
  trace(event::steal, mine.index, victim.index, 2);
  trace(event::begin, detail::trace_id(&j), mine.index, 2, "fork");
  fork_job* const outer = mine.stolen.now();
  const detail::fork_place outer_base = mine.stolen.base_now();
  mine.stolen.runs(&j, mine.forks.index());
  j.thief.store(static_cast<std::uint16_t>(mine.index + 1), sync::memory_order_relaxed);  // where the joiner looks
  j.run(j);
  mine.stolen.runs(outer, outer_base);
  trace(event::end, detail::trace_id(&j), 0, static_cast<unsigned>(outcome::internal));
  sync::join_flag::finish(j.state);  // the joiner's frame may be gone after this
}

fork_job* engine::leapfrog(slot& thief, const fork_job& awaited) noexcept {
  const auto still = [&] { return thief.stolen.is(awaited); };
  if (!still() || !has_lasting_fork(thief)) return nullptr;
  return thief.forks.steal_from(thief.stolen.base(), still);
}

void engine::count(slot& mine, outcome how, std::uint64_t n) noexcept {
  switch (how) {
    case outcome::ok:
      mine.ok.add(n);
      break;
    case outcome::failed:
      mine.failed.add(n);
      break;
    case outcome::cancelled:
      mine.cancelled.add(n);
      break;
    case outcome::elsewhere:
    case outcome::internal:
      break;
  }
}

// Before a worker sleeps or leaves: what it holds for others goes back. What it gave back while it still went on may
// not have been enough room for a producer that waits: now it is.
void engine::settle(slot& mine) noexcept {
  for (unsigned lane = 0; lane < lanes; ++lane) {
    injector_.settle(lane, std::exchange(mine.owed_credits[lane], 0));
  }
  mine.chunk_taken_at = 0;
  detail::pool_flush();
  tell_waiters();
}

void engine::count_helped(thread_context& here, outcome how) noexcept {
  slot& mine = *static_cast<slot*>(here.engine);
  count(mine, how);
}

// A worker is about to wait for other work inside a job. If all of them do and work is queued, nothing will ever move.
void engine::blocking(thread_context& here, bool begins) noexcept {
  slot& mine = *static_cast<slot*>(here.engine);
  engine& self = *mine.owner;
  if (!begins) {
    self.stall_.goes_on();
    return;
  }
  self.settle(mine);
  if (self.stall_.blocks()) self.tell_if_stuck();
}

// Once until a job ends: waits with a limit, one after the other, are one episode. Either the last worker to wait sees
// the queued job, or who queues it sees them all wait.
void engine::tell_if_stuck() noexcept {
  if (!stall_.all_wait() || !anything_to_do()) return;
  const engine_counts so_far = counts();
  const std::uint64_t ended = so_far.ok + so_far.failed + so_far.cancelled;
  if (stuck_since_.exchange(ended, sync::memory_order_relaxed) == ended || !options_.on_report) return;
  options_.on_report({report_kind::workers_blocked, options_.name,
                      "every worker waits inside a job, and more jobs are queued behind them", nullptr});
}

}  // namespace weir::inline v0::cpu

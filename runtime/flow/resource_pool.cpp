#include <weir/detail/pool_core.hpp>
#include <weir/detail/saturating.hpp>
#include <weir/timer.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace weir::inline v0::detail {
namespace {

const resource_pool_options& checked(const resource_pool_options& o) {
  const auto require = [&o](bool good, const char* what) {
    if (!good) throw std::invalid_argument{std::string{"weir::resource_pool '"} + o.name + "': " + what};
  };
  require(o.limit != 0, "limit must be at least 1");
  require(o.idle.count() > 0, "idle must be positive");
  require(o.max_age.count() > 0, "max_age must be positive");
  return o;
}

void count(std::atomic<std::uint64_t>& of) noexcept { of.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

pool_core::pool_core(runtime_handle rt, const resource_pool_options& options)
    : clock_{rt},
      options_{checked(options)},
      slots_{options.limit, {.max_waiters = options.max_waiters, .name = options.name}, nullptr},
      watch_{.name = options.name} {}

pool_core::~pool_core() {
  while (newest_ != nullptr) {
    const entry ends{newest_};
    unlink(*ends);
  }
}

bool pool_core::expired(const pool_entry& one, time_point now) const noexcept {
  return now >= saturating_add(one.idle_since, options_.idle) || now >= saturating_add(one.made, options_.max_age);
}

void pool_core::unlink(pool_entry& one) noexcept {
  (one.older != nullptr ? one.older->newer : oldest_) = one.newer;
  (one.newer != nullptr ? one.newer->older : newest_) = one.older;
  one.older = one.newer = nullptr;
  --idle_;
}

pool_core::entry pool_core::reuse() {
  trim();
  const spin_guard guard{lock_};
  if (newest_ == nullptr) return nullptr;
  entry one{newest_};
  unlink(*one);
  ++out_;
  count(reused_);
  return one;
}

void pool_core::give_back(entry one, bool keep) noexcept {
  const time_point now = clock_.now();
  one->idle_since = now;
  const std::size_t limit = slots_.limit();
  {
    const spin_guard guard{lock_};
    --out_;
    if (keep && !closed_ && !expired(*one, now) && idle_ + out_ < limit) {
      pool_entry* const back = one.release();
      back->older = newest_;
      (newest_ != nullptr ? newest_->newer : oldest_) = back;
      newest_ = back;
      ++idle_;
      return;
    }
  }
  count(keep ? expired_ : discarded_);
}

void pool_core::drop(entry one) noexcept {
  {
    const spin_guard guard{lock_};
    --out_;
  }
  one.reset();
}

void pool_core::count_made(pool_entry& one) noexcept {
  one.made = clock_.now();
  count(made_);
  const spin_guard guard{lock_};
  ++out_;
}

pool_entry* pool_core::take_expired(time_point now, std::size_t limit) noexcept {
  for (pool_entry* at = oldest_; at != nullptr; at = at->newer) {
    if (!closed_ && !expired(*at, now) && idle_ + out_ <= limit) continue;
    unlink(*at);
    return at;
  }
  return nullptr;
}

void pool_core::trim() noexcept {
  const time_point now = clock_.now();
  const std::size_t limit = slots_.limit();
  for (;;) {
    entry ends;
    {
      const spin_guard guard{lock_};
      ends.reset(take_expired(now, limit));
    }
    if (!ends) return;
    count(expired_);
  }
}

void pool_core::set_limit(std::size_t limit) {
  if (limit == 0) throw std::invalid_argument{"weir::resource_pool: limit must be at least 1"};
  slots_.set_limit(limit);
  trim();
}

void pool_core::close() noexcept {
  slots_.close();
  {
    const spin_guard guard{lock_};
    closed_ = true;
  }
  trim();
}

time_point pool_core::next_expiry(time_point now) const noexcept {
  const spin_guard guard{lock_};
  time_point next = saturating_add(now, std::min(options_.idle, options_.max_age));  // of what comes back from now on
  for (const pool_entry* at = oldest_; at != nullptr; at = at->newer)
    next = std::min({next, saturating_add(at->idle_since, options_.idle), saturating_add(at->made, options_.max_age)});
  return next;
}

task<> pool_core::tend() {
  for (;;) {
    co_await sleep_until(next_expiry(clock_.now()));
    trim();
  }
}

resource_pool_stats pool_core::stats() const {
  const limiter_stats s = slots_.stats();
  const auto of = [](const std::atomic<std::uint64_t>& n) { return n.load(std::memory_order_relaxed); };
  const spin_guard guard{lock_};
  return {.name = s.name,
          .limit = s.limit,
          .in_use = s.in_use,
          .idle = idle_,
          .waiting = s.waiting,
          .peak_in_use = s.peak_in_use,
          .made = of(made_),
          .reused = of(reused_),
          .failed = of(failed_),
          .unhealthy = of(unhealthy_),
          .expired = of(expired_),
          .discarded = of(discarded_),
          .refused = s.refused,
          .foreign_awaits = of(watch_.foreign_awaits),
          .wait = {s.wait_p50_ns, s.wait_p99_ns, s.wait_max_ns},
          .hold = {s.hold_p50_ns, s.hold_p99_ns, s.hold_max_ns}};
}

void pool_core::list(void* what, listing& to) {
  auto& me = *static_cast<pool_core*>(what);
  const auto set = [](void* it, std::size_t n) { static_cast<pool_core*>(it)->slots_.set_limit(n); };
  me.slots_.list_as(to, observed_kind::pool, "resource_pool", {&me, set});
}

}  // namespace weir::inline v0::detail

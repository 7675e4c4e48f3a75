// weir/detail/pool_core.hpp - a resource_pool without the type of what it holds.                  [floor: flow]
//
//   acquire: permit of a limiter -> reuse(): the idle one returned last, or make one       give_back: idle, or ended
//
// Invariants  R1  idle + out <= limit at every moment at which the limit has not been lowered: one is made only by a
//                 holder of a permit that found none idle
//             R2  what is given back is idle before its permit is free, so that the next in line finds it
// Ends of resources run without a lock.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <weir/detail/promise.hpp>
#include <weir/detail/spin_lock.hpp>
#include <weir/limiter.hpp>
#include <weir/runtime_handle.hpp>
#include <weir/task.hpp>

namespace weir::inline v0 {

struct resource_pool_options {
  std::size_t limit = 1;                                               ///< resources at once, idle ones included
  const char* name = "resource_pool";                                  ///< static; for reports and stats
  std::chrono::nanoseconds idle = std::chrono::nanoseconds::max();     ///< ended when unused for so long
  std::chrono::nanoseconds max_age = std::chrono::nanoseconds::max();  ///< ended when so old, at its next return
  std::size_t max_waiters = std::numeric_limits<std::size_t>::max();   ///< further ones get `overloaded`
};

struct resource_pool_stats {
  const char* name;
  std::size_t limit, in_use, idle, waiting, peak_in_use;
  std::uint64_t made, reused;    ///< leases given: of a new resource, of an idle one
  std::uint64_t failed;          ///< makes that threw
  std::uint64_t unhealthy;       ///< ended because the health check said so, or threw
  std::uint64_t expired;         ///< ended by idle time, age, a lower limit
  std::uint64_t discarded;       ///< ended by lease::discard()
  std::uint64_t refused;         ///< overloaded
  std::uint64_t foreign_awaits;  ///< leases whose holder waited for something else
  duration_stats wait, hold;     ///< from asking to the permit; from there to the return
};

namespace detail {

struct pool_entry {
  virtual ~pool_entry() = default;
  time_point made{}, idle_since{};
  pool_entry *older = nullptr, *newer = nullptr;
};

class pool_core {
 public:
  using entry = std::unique_ptr<pool_entry>;

  /// Errors  std::invalid_argument: limit 0, a time that is not positive
  pool_core(runtime_handle rt, const resource_pool_options& options);
  pool_core(const pool_core&) = delete;
  pool_core& operator=(const pool_core&) = delete;
  /// Requires  no lease is out, nobody waits: the limiter terminates otherwise.
  ~pool_core();

  [[nodiscard]] limiter& slots() noexcept { return slots_; }
  [[nodiscard]] lease_watch& watch() noexcept { return watch_; }

  /// The idle one that came back last and may still be used; null: none. Those that may not be are ended.
  [[nodiscard]] entry reuse();
  /// To the idle ones, or ends it: `keep` is false, it is too old, or there are too many.
  void give_back(entry one, bool keep) noexcept;
  /// Ends one that never got to its lease.
  void drop(entry one) noexcept;
  /// A new resource was made.
  void count_made(pool_entry& one) noexcept;
  void count_failed() noexcept { failed_.fetch_add(1, std::memory_order_relaxed); }
  void count_unhealthy() noexcept { unhealthy_.fetch_add(1, std::memory_order_relaxed); }

  void set_limit(std::size_t limit);
  void close() noexcept;
  void trim() noexcept;
  [[nodiscard]] task<> tend();
  [[nodiscard]] resource_pool_stats stats() const;

 private:
  static void list(void* what, listing& to);
  [[nodiscard]] bool expired(const pool_entry& one, time_point now) const noexcept;
  void unlink(pool_entry& one) noexcept;  // under lock_, as the next
  [[nodiscard]] pool_entry* take_expired(time_point now, std::size_t limit) noexcept;
  [[nodiscard]] time_point next_expiry(time_point now) const noexcept;

  const runtime_handle clock_;
  const resource_pool_options options_;
  limiter slots_;
  lease_watch watch_;
  mutable spin_lock lock_;                            ///< protects the next five
  pool_entry *oldest_ = nullptr, *newest_ = nullptr;  ///< the idle ones, by their return
  std::size_t idle_ = 0, out_ = 0;
  bool closed_ = false;
  std::atomic<std::uint64_t> made_{0}, reused_{0}, failed_{0}, unhealthy_{0}, expired_{0}, discarded_{0};  // relaxed
  const listed entry_{this, &list};
};

}  // namespace detail
}  // namespace weir::inline v0

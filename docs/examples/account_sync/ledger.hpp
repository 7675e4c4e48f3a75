// ledger.hpp - what became of every account, and what it took: the books of one run.
//
// Identity: synced + failed == accounts called; whoever reads the books checks it (run.cpp).
// Threads   any: one short lock, never held across an await.    Times  the runtime's, real or virtual
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>

#include <weir/weir.hpp>

#include "progress.hpp"
#include "world.hpp"

namespace account_sync {

/// Why accounts were not synced.
struct failed_accounts {
  std::size_t refused = 0;        ///< the partner does not want them
  std::size_t throttled = 0;      ///< 429 until the retries were used up
  std::size_t no_descriptor = 0;  ///< EMFILE until then
  std::size_t unreachable = 0;    ///< the partner was not there, hung up, or did not answer in time

  [[nodiscard]] std::size_t total() const noexcept { return refused + throttled + no_descriptor + unreachable; }
};

struct books {
  static constexpr std::size_t most_named = 20;

  std::chrono::nanoseconds wall{};
  std::size_t synced = 0;
  failed_accounts failed;
  std::array<std::size_t, most_named> refused_ids{};  ///< the first of failed.refused
  std::size_t peak_in_flight = 0;
  std::uint64_t attempts = 0;  ///< calls with their repetitions that got a connection
  std::uint64_t rejected_429 = 0, no_descriptor = 0;
  /// From the partner's going down, and from its coming back, until a full house has been served again.
  std::optional<std::chrono::nanoseconds> outage, recovery;

  [[nodiscard]] std::size_t settled() const noexcept { return synced + failed.total(); }
};

class ledger {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// For so many accounts; clock: of the runtime it works for.
  ledger(weir::runtime_handle clock, std::size_t accounts, progress& shown);

  /// A call that has its connection. In flight until the end of this.
  class call {
   public:
    explicit call(ledger& in) : in_{in} { in_.call_begins(); }
    ~call() { in_.call_ends(); }
    call(const call&) = delete;
    call& operator=(const call&) = delete;

   private:
    ledger& in_;
  };

  void work_begins();
  void work_ends();
  void rejected();       ///< one answer was 429
  void no_descriptor();  ///< one call found none (EMFILE)
  void synced(account a);
  void failed(const std::exception_ptr& why);

  /// Set when half of the accounts are settled.
  [[nodiscard]] weir::async_event& half_done() noexcept { return half_done_; }
  /// The partner is gone; the partner is back. Recovered: as many calls as were in flight then have been
  /// answered.
  void partner_went_down();
  void partner_is_back();

  /// Before work_ends(): how things stand.
  [[nodiscard]] books read() const;

 private:
  void call_begins();
  void call_ends();
  void settled(bool answered);

  const weir::runtime_handle clock_;
  const std::size_t accounts_;
  progress& shown_;
  weir::async_event half_done_;

  mutable std::mutex lock_;
  books books_;
  std::size_t in_flight_ = 0;
  std::optional<time_point> begin_, end_, down_, back_;
  std::size_t to_recover_ = 0;  ///< answers that are still missing for a recovery
};

}  // namespace account_sync

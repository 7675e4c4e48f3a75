// stats/work.hpp - what tasks and jobs did, by the place that started them; and what tasks waited for.
//
//   queued  from SPAWN to the first BEGIN or RESUME       run    inside slices (a slice within another counts in both)
//   waits   from SUSPEND to WAKE                          ready  from WAKE to RESUME
//
// Memory: what is alive, and a row per site. What began before the recording has no row; its slices and waits count
// from the first event on under "(no site)".
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <unordered_map>

#include "event.hpp"
#include "stats/spread.hpp"

namespace weir_tool {

struct work_row {
  std::uint64_t started = 0;
  std::uint64_t ended = 0;
  std::uint64_t failed = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t alive = 0;
  std::uint64_t peak = 0;  ///< alive at once
  spread queued;
  spread run;    ///< of each one that ended
  spread waits;  ///< the same: all its waits
  spread ready;  ///< of each resumption
};

class work {
 public:
  enum class kind : unsigned char { task, job, piece };  ///< piece: of a bulk, a parallel loop, a stolen fork
  using row_key = std::pair<kind, std::uint32_t>;        ///< and the site
  using causes = std::map<wait_cause, spread>;

  void see(const moment& m);

  [[nodiscard]] const std::map<row_key, work_row>& rows() const noexcept { return rows_; }
  [[nodiscard]] const causes& waits() const noexcept { return waits_; }
  /// Waits for one object: a limiter or a queue.
  [[nodiscard]] const std::unordered_map<std::uint64_t, causes>& waits_for() const noexcept { return waits_for_; }

 private:
  enum class phase : unsigned char { spawned, running, suspended, woken };
  struct life {
    row_key key{kind::task, 0};
    phase now = phase::spawned;
    bool begun = false;
    std::int64_t spawned = 0;
    std::int64_t since = 0;  // of the phase
    std::int64_t run = 0;
    std::int64_t waited = 0;
    wait_cause cause = wait_cause::other;
    std::uint64_t object = 0;
  };

  void spawn(const moment& m);
  void starts_running(life& l, std::int64_t at);
  void suspend(life& l, const moment& m);
  void wake(life& l, const moment& m);
  void end(const moment& m);
  life& known(const moment& m);

  std::unordered_map<std::uint64_t, life> lives_;
  std::map<row_key, work_row> rows_;
  causes waits_;
  std::unordered_map<std::uint64_t, causes> waits_for_;
};

}  // namespace weir_tool

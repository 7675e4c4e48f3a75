// merge.hpp - the events of all lanes in one order: by time, and never an effect before its cause.
//
//   cursors --heap by time--> ahead_ (what lies within 10 us) --front--> out
//                                        |  its cause is in ahead_, of another lane: the lane is held back
//                                        +--> held lane --(its cause goes out)--> out, at the cause's time or later
//
// Invariants  M1 times never fall in what comes out    M2 each lane's order is kept
//             M3 an effect follows its cause if their clocks differ by less than the window; a cause that is further
//                away, or not in the file (overwritten, lost, before the recording), holds nothing back
// Memory      per lane 16 KiB, what lies within the window, and what causes.hpp remembers
#pragma once

#include <cstdint>
#include <deque>
#include <queue>
#include <unordered_map>
#include <utility>
#include <vector>

#include "causes.hpp"
#include "clock.hpp"
#include "event.hpp"
#include "lane.hpp"

namespace weir_tool {

struct fixups {
  std::uint64_t moved = 0;      ///< effects that stood before their causes
  std::int64_t largest = 0;     ///< ns by which one was moved
  std::uint64_t backwards = 0;  ///< events before an earlier one of their own thread
};

class merge {
 public:
  static constexpr std::int64_t window = 10'000;  // ns; clocks differ by some hundred

  explicit merge(const trace_file& trace);

  /// False: no more.
  bool next(moment& out);

  [[nodiscard]] const fixups& moved() const noexcept { return fixups_; }
  [[nodiscard]] std::uint64_t overwritten() const;
  [[nodiscard]] const trace_clock& clock() const noexcept { return clock_; }

 private:
  struct strand {
    explicit strand(cursor c) : source{std::move(c)} {}
    cursor source;
    std::int64_t read = INT64_MIN;   // time of the last one that was read
    std::int64_t floor = INT64_MIN;  // nothing of this lane goes out earlier
    std::deque<moment> held;
    cause_key waits_for;
  };
  struct expectation {
    std::uint32_t count = 0;
    std::uint32_t lane = 0;
    bool several_lanes = false;
  };
  struct later {
    bool operator()(const moment& a, const moment& b) const noexcept {
      return a.at != b.at ? a.at > b.at : a.lane > b.lane;
    }
  };

  void read(std::uint32_t lane);
  void look_ahead();
  void expect(const moment& m);
  void step();
  bool go_or_wait(const moment& m);
  void emit(moment m);
  void release(std::uint32_t lane, std::int64_t not_before, bool forced);
  void release_the_overdue(std::int64_t now);

  trace_clock clock_;
  std::vector<strand> lanes_;
  std::priority_queue<moment, std::vector<moment>, later> heads_;  // the next of each lane
  std::deque<moment> ahead_;
  std::unordered_map<cause_key, expectation, cause_hash> expected_;  // causes in ahead_ or held
  std::unordered_multimap<cause_key, std::uint32_t, cause_hash> waiting_;
  causes causes_;
  std::deque<moment> out_;
  std::int64_t last_ = INT64_MIN;
  fixups fixups_;
  std::size_t held_lanes_ = 0;
};

}  // namespace weir_tool

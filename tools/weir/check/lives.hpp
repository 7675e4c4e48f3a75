// check/lives.hpp - the laws of tasks, jobs, groups and operations: each begins once, ends once, and takes turns.
//
// A recording may have begun when tasks were alive: of those the beginning is missing, and that is no breach. It is one
// after a moment at which the runtimes' counters said that none was alive (no_tasks, no_operations).
#pragma once

#include <cstdint>
#include <unordered_map>
#include <unordered_set>

#include "check/verdicts.hpp"

namespace weir_tool {

class lives {
 public:
  explicit lives(verdicts& to) : to_{to} {}

  void see(const moment& m);

  /// The counters say that nothing is alive: from now on everything has a beginning.
  void no_tasks() { all_tasks_known_ = true; }
  void no_operations() { all_operations_known_ = true; }

  [[nodiscard]] std::uint64_t open_tasks() const;
  [[nodiscard]] std::uint64_t open_jobs() const { return life_.size() - open_tasks(); }
  [[nodiscard]] std::uint64_t open_operations() const { return operations_.size(); }
  [[nodiscard]] std::uint64_t open_groups() const { return groups_.size(); }
  [[nodiscard]] std::uint64_t begun_before() const { return earlier_; }

 private:
  enum class phase : unsigned char { spawned, suspended, woken, running };
  struct life {
    phase now = phase::spawned;
    bool task = false;
  };

  void spawn(const moment& m);
  void begin(const moment& m);
  void end(const moment& m);
  void step(const moment& m);  // SUSPEND, WAKE, RESUME
  void group(const moment& m);
  void operation(const moment& m);

  verdicts& to_;
  std::unordered_map<std::uint64_t, life> life_;
  std::unordered_set<std::uint64_t> groups_;
  std::unordered_set<std::uint64_t> operations_;
  std::uint64_t earlier_ = 0;
  bool all_tasks_known_ = false;
  bool all_operations_known_ = false;
};

}  // namespace weir_tool

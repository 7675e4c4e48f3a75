// doctor/rule.hpp - one antipattern: what in a trace gives it away, from which point on, and what to do about it.
//
// A rule sees every event once, in order, with the state before it, and judges at the end. It remembers what is alive
// and a row per place, never the trace. Each threshold is a constant beside the sentence that explains it, and is
// printed with the finding. A rule with too little to judge by says so (silence), which is a result.
#pragma once

#include <cstdint>
#include <memory>

#include "doctor/cast.hpp"
#include "doctor/finding.hpp"
#include "event.hpp"

namespace weir_tool {

class rule {
 public:
  rule() = default;
  rule(const rule&) = delete;
  rule& operator=(const rule&) = delete;
  virtual ~rule() = default;

  [[nodiscard]] virtual const char* name() const = 0;
  /// The categories without which it says nothing.
  [[nodiscard]] virtual std::uint32_t needs() const = 0;
  virtual void see(const moment& m, const cast& who) = 0;
  /// last: of the recording. left: who is alive then.
  virtual void judge(std::int64_t last, const cast& left, diagnosis& to) = 0;
};

// In the order of docs/reference/weir-command.md.
std::unique_ptr<rule> blocked_reactor();
std::unique_ptr<rule> long_turns();
std::unique_ptr<rule> unbounded_fan_out();
std::unique_ptr<rule> tiny_jobs();
std::unique_ptr<rule> losers_that_go_on();
std::unique_ptr<rule> nobody_looks();
std::unique_ptr<rule> growing_queue();
std::unique_ptr<rule> ignored_backpressure();

}  // namespace weir_tool

// check/counters.hpp - the law of the counters: what the runtimes count themselves agrees with the events.
//
// Every 10 ms, and for the last time when a runtime ends, its counters are in the trace. In between, the events of the
// same moment are on both sides of them; so the law is looked at where the counters say that nothing is under way.
#pragma once

#include <cstdint>
#include <map>

#include "check/lives.hpp"
#include "check/verdicts.hpp"

namespace weir_tool {

class counters {
 public:
  counters(verdicts& to, lives& of) : to_{to}, lives_{of} {}

  void see(const moment& m);

  /// After the last event.
  void finish();

 private:
  struct figures {
    std::uint64_t tasks = 1;  // until it has been told: something may be alive
    std::uint64_t operations = 1;
  };
  template <class F>
  [[nodiscard]] bool all_zero(F figure) const;

  verdicts& to_;
  lives& lives_;
  std::map<std::uint64_t, figures> runtimes_;
  moment last_;                    // the last counter
  std::uint64_t tasks_since_ = 0;  // started since the last counter that said how many live
  std::uint64_t operations_since_ = 0;
};

}  // namespace weir_tool

// check/laws.hpp - all laws of `weir check` at once.
#pragma once

#include <cstdint>

#include "check/counters.hpp"
#include "check/lives.hpp"
#include "check/shifts.hpp"
#include "check/stocks.hpp"
#include "check/verdicts.hpp"

namespace weir_tool {

struct laws {
  verdicts found;
  lives alive{found};
  shifts work{found};
  stocks stock{found};
  counters count{found, alive};

  void see(const moment& m) {
    count.see(m);
    alive.see(m);
    work.see(m);
    stock.see(m);
  }

  void finish(std::int64_t last) {
    work.finish(last);
    stock.finish();
    count.finish();
  }
};

}  // namespace weir_tool

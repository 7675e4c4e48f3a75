// Calls with a known duration that count themselves, for the tests of groups.
#pragma once

#include "coro/fixture.hpp"

#include <algorithm>
#include <stdexcept>

#include <weir/timer.hpp>

namespace coro_test {

using namespace weir;
using namespace std::chrono_literals;

struct gauge {
  int now = 0, peak = 0, started = 0, finished = 0;
};

inline task<int> call(gauge& g, std::chrono::milliseconds d, int v) {
  ++g.started;
  g.peak = std::max(g.peak, ++g.now);
  struct leave {
    gauge& g;
    ~leave() { --g.now; }
  } const out{g};
  const counted local;
  co_await sleep_for(d);
  ++g.finished;
  co_return v;
}

inline task<int> fail_after(std::chrono::milliseconds d, const char* what) {
  co_await sleep_for(d);
  throw std::runtime_error{what};
  co_return 0;
}

}  // namespace coro_test

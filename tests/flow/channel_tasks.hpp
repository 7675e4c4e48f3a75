// The tasks and checks that the channel's tests share.
#pragma once

#include "flow/in_group.hpp"

#include <chrono>
#include <vector>

#include <weir/channel.hpp>
#include <weir/timer.hpp>

namespace flow_test {

inline task<> send_range(channel<int>& ch, int from, int to) {
  for (int i = from; i < to; ++i) co_await ch.send(i);
}

inline task<> drain(channel<int>& ch, std::vector<int>& into, std::chrono::milliseconds each = 0ms) {
  while (const auto v = co_await ch.receive()) {
    into.push_back(*v);
    if (each.count() != 0) co_await sleep_for(each);
  }
}

/// Q3, at any time.
template <class T>
void check_balance(const channel<T>& ch) {
  const auto s = ch.stats();
  CHECK(s.accepted == s.received + s.discarded + s.length);
}

}  // namespace flow_test

// Runs a scenario in a group, under a manual runtime.
#pragma once

#include "coro/calls.hpp"

#include <functional>

#include <weir/task_group.hpp>
#include <weir/testing.hpp>

namespace flow_test {

using namespace coro_test;

/// Runs fn(group) in a group without a limit to speak of.
template <class F>
void in_group(testing::manual_runtime& rt, F fn) {
  auto body = [&]() -> task<> { co_await with_group({.limit = par{200'000}}, std::ref(fn)); };
  rt.block_on(body());
}

}  // namespace flow_test

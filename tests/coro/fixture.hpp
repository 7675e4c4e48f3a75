// What every test of this floor checks besides its own promise: no frame is left, every counted object is gone.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>

#include <weir/detail/frames.hpp>
#include <weir/task.hpp>
#include <weir/testing.hpp>

namespace coro_test {

/// Use with TEST_CASE_FIXTURE.
struct no_frames_left {
  no_frames_left() = default;
  no_frames_left(const no_frames_left&) = delete;
  no_frames_left& operator=(const no_frames_left&) = delete;
  ~no_frames_left() { CHECK(weir::detail::live_frames() == frames_before); }
  std::int64_t frames_before = weir::detail::live_frames();
};

/// Counts its living instances.
struct counted {
  static inline std::int64_t alive = 0;
  explicit counted(int v = 0) noexcept : value{v} { ++alive; }
  counted(const counted& other) noexcept : value{other.value} { ++alive; }
  counted& operator=(const counted&) = default;
  ~counted() { --alive; }
  int value;
};

/// Milliseconds of virtual time since the runtime was made.
inline auto elapsed(const weir::testing::manual_runtime& rt) {
  return rt.now().time_since_epoch() / std::chrono::milliseconds{1};
}

}  // namespace coro_test

#include <weir/runtime.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include "support/self.hpp"
#include "trace/support.hpp"

// Run as a child of the next case.
TEST_CASE("rt trace child: two runtimes at work" * doctest::skip()) {
  std::atomic<int> ran{0};
  weir::runtime outer{{.threads = 2}};
  {
    weir::runtime inner{{.threads = 1}};
    for (int i = 0; i < 100; ++i) inner.cpu().post({.name = "inner"}, [&] { ++ran; });
    inner.wait_idle();
  }
  for (int i = 0; i < 1000; ++i) outer.cpu().post({.name = "outer"}, [&] { ++ran; });
  outer.wait_idle();
  CHECK(ran.load() == 1100);
}

TEST_CASE("rt: WEIR_TRACE=file holds one slice for every job of every runtime") {
  const support::scratch_directory dir;
  const std::string file = dir.file("t.json");
  REQUIRE(support::run_self("WEIR_TRACE=" + file, "rt trace child: two runtimes at work") == 0);
  CHECK(support::trace_is_valid(file, "inner=100 outer=1000 lost=0"));
}

TEST_CASE("rt: a WEIR_TRACE that cannot be written does not change what the program does") {
  CHECK(support::run_self("WEIR_TRACE=/dev/full", "rt trace child: two runtimes at work") == 0);
}

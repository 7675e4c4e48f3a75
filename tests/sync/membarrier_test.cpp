// sync/membarrier.cpp: what rests on the asymmetric fence also holds where the kernel refuses it.
#include <cerrno>
#include <string>

#include <doctest/doctest.h>

#include "support/denied.hpp"
#include "support/scratch.hpp"
#include "support/self.hpp"
#include "sync/atomic.hpp"

TEST_CASE("membarrier child: denied" * doctest::skip()) {
  REQUIRE_FALSE(weir::sync::membarrier_available);
  weir::sync::fence_heavy();
  weir::sync::fence_light();
}

TEST_CASE("membarrier: where it is denied, all that rests on the asymmetric fence holds with real fences") {
  CHECK(support::run_self_without_membarrier("membarrier child: denied,work_deque: *,fork_deque: *,activity: *,crew: *,"
                                             "bell: *,stall: *,branches: *") == 0);
}

TEST_CASE("membarrier child: granted and then denied" * doctest::skip()) {
  REQUIRE(weir::sync::membarrier_available);
  weir::sync::fence_heavy();
  REQUIRE(support::deny(SYS_membarrier, EPERM));
  weir::sync::fence_heavy();  // does not return: other threads rely on it
  CHECK(false);
}

TEST_CASE("membarrier: granted at start-up and denied later, the process ends and says why") {
  const support::scratch_directory dir;
  CHECK(support::run_self("LC_ALL=C", "membarrier child: granted and then denied", dir.file("err")) != 0);
  const std::string text = support::read_file(dir.file("err"));
  CHECK(text.find("membarrier was granted at start-up and is denied now") != std::string::npos);
}

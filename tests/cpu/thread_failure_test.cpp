// A process that may not create threads: the constructor says so and leaves nothing behind.
#include <weir/runtime.hpp>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <string>
#include <system_error>

#include <doctest/doctest.h>

#include "rt/fixture.hpp"
#include "support/denied.hpp"
#include "support/self.hpp"

using namespace weir_test;

namespace {

// From here on this process's clone and clone3 fail with EAGAIN, for good.
bool forbid_threads() { return support::deny(SYS_clone3, SYS_clone, EAGAIN); }

std::size_t entries(const char* directory) {
  std::size_t n = 0;
  for ([[maybe_unused]] const auto& e : std::filesystem::directory_iterator{directory}) ++n;
  return n;
}

}  // namespace

TEST_CASE("thread failure child: no thread at all" * doctest::skip()) {
  REQUIRE(forbid_threads());
  const std::size_t threads = entries("/proc/self/task");
  const std::size_t files = entries("/proc/self/fd");
  for (int i = 0; i < 20; ++i) {
    std::string said;
    try {
      const weir::runtime rt{with_threads(2)};
    } catch (const std::system_error& e) {
      said = e.what();
      CHECK(e.code() == std::errc::resource_unavailable_try_again);
    }
    CHECK(said.find("weir: cannot create") != std::string::npos);
  }
  CHECK(entries("/proc/self/task") == threads);
  CHECK(entries("/proc/self/fd") == files);
}

TEST_CASE("thread failure child: threads run out after a runtime has worked" * doctest::skip()) {
  {
    balanced_runtime rt{2};
    CHECK(rt.cpu().submit([] { return 1; }).get() == 1);
  }
  REQUIRE(forbid_threads());
  const std::size_t files = entries("/proc/self/fd");
  CHECK_THROWS_AS(weir::runtime{with_threads(2)}, std::system_error);
  CHECK(entries("/proc/self/fd") == files);
}

// LeakSanitizer wants a thread of its own at exit, which is just what there is not.
TEST_CASE("thread failure: the constructor throws std::system_error with a clear text and leaks nothing") {
  CHECK(support::run_self("ASAN_OPTIONS=detect_leaks=0", "thread failure child: no thread at all") == 0);
  CHECK(support::run_self("ASAN_OPTIONS=detect_leaks=0", "thread failure child: threads run out after*") == 0);
}

TEST_CASE("threads child: two by WEIR_THREADS" * doctest::skip()) {
  const weir::runtime rt;
  CHECK(rt.stats().workers == 2);
}
TEST_CASE("threads child: one by affinity" * doctest::skip()) {
  weir::runtime rt;
  CHECK(rt.stats().workers == 1);
  CHECK(rt.cpu().submit([] { return 1; }).get() == 1);
}
TEST_CASE("threads child: WEIR_THREADS that is no number" * doctest::skip()) {
  CHECK_THROWS_AS(weir::runtime{}, std::invalid_argument);
}

TEST_CASE("threads: the environment and the affinity decide how many workers there are") {
  CHECK(support::run_self("WEIR_THREADS=2 taskset -c 0", "threads child: two by WEIR_THREADS") == 0);
  CHECK(support::run_self("-u WEIR_THREADS taskset -c 0", "threads child: one by affinity") == 0);
  CHECK(support::run_self("WEIR_THREADS=many", "threads child: WEIR_THREADS that is no number") == 0);
}

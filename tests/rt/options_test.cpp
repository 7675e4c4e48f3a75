// What a runtime is asked for and cannot give is refused by name, before anything is started.
#include <weir/runtime.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <string>

#include "support/stderr_reports.hpp"

namespace {

std::string refusal(const weir::runtime_options& options) {
  try {
    weir::runtime rt{options};
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "";
}

bool names(const std::string& message, const char* option) { return message.find(option) != std::string::npos; }

}  // namespace

TEST_CASE("options: a start hook finds a whole runtime, from the first call on") {
  weir_test::expect_stderr_reports();
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> ran{0}, hooks{0};
    weir::runtime_options options;
    options.threads = 2;
    options.on_thread_start = [&](unsigned) {
      ++hooks;
      weir::runtime* const here = weir::runtime::current();
      if (here == nullptr) return;
      here->cpu().post([&] { ++ran; });
      (void)here->stats();
    };
    weir::runtime rt{options};
    rt.cpu().submit([] {}).get();
    rt.wait_idle();
    CHECK(hooks >= 1);
    CHECK(ran >= 1);
  }
}

TEST_CASE("options: every impossible value is refused and named") {
  CHECK(names(refusal({.queue_capacity = 0}), "queue_capacity"));
  CHECK(names(refusal({.queue_capacity = std::size_t{1} << 40}), "queue_capacity"));
  CHECK(names(refusal({.threads = 1025}), "runtime_options::threads must be <= 1024"));
  CHECK(names(refusal({.on_full = static_cast<weir::on_full>(9)}), "on_full"));
  CHECK(names(refusal({.io_backend = static_cast<weir::io_backend>(9)}), "io_backend is none of"));
  CHECK(names(refusal({.blocking_threads = 0}), "blocking_threads"));
  CHECK(names(refusal({.spin = std::chrono::nanoseconds{-1}}), "spin"));
  CHECK(names(refusal({.slow_continuation = std::chrono::nanoseconds{0}}), "slow_continuation"));
  CHECK(names(refusal({.thread_name = std::string{"a\0b", 3}}), "thread_name"));
  CHECK(names(refusal({.destructor_grace = std::chrono::nanoseconds{-1}}), "destructor_grace"));
  CHECK(names(refusal({.io_backend = weir::io_backend::io_uring}), "io_uring"));
  CHECK(refusal({.threads = 1, .io_backend = weir::io_backend::epoll}).empty());
}

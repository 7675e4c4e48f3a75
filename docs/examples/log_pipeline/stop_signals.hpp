// stop_signals.hpp - SIGINT and SIGTERM as something to look at, instead of something that interrupts.
//
// The signals are blocked in every thread and wait in a signalfd, which readers poll beside their input. After the
// first one they act as usual again: a second Ctrl-C ends a program that cannot drain.
#pragma once

#include <chrono>
#include <csignal>
#include <future>
#include <utility>

#include "file_descriptor.hpp"

namespace log_pipeline {

class stop_signals {
 public:
  /// Blocks both signals, and ignores SIGPIPE and SIGXFSZ: a closed pipe and a file at its limit are errors of write.
  /// Create it before any thread.
  stop_signals();

  /// Readable when a signal has come.
  [[nodiscard]] int descriptor() const noexcept { return pending_.get(); }

  /// The signal that has come, or 0. Main thread only. Cost: one read, until it has come.
  [[nodiscard]] int received() noexcept;

  /// Runs f on a thread of its own while this one goes on looking for signals: whatever f is stuck in, the second
  /// signal ends the program. Main thread only. Errors: those of f.
  template <class F>
  void watch_during(F f) {
    std::future<void> done = std::async(std::launch::async, std::move(f));
    while (done.wait_for(std::chrono::milliseconds{50}) != std::future_status::ready) (void)received();
    done.get();
  }

 private:
  sigset_t both_;
  file_descriptor pending_;
  int received_ = 0;
};

}  // namespace log_pipeline

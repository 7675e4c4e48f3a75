// child_process.hpp - a part of the program in a process of its own, and the pipe through which it reports.
//
// The partner is one, so that it shares neither memory nor descriptors with the shapes. Each shape is one,
// so that its peak memory is its own. Children are forked before there is any thread,
// and end with their parent.
#pragma once

#include <sys/types.h>

#include <functional>
#include <type_traits>

#include "stop_signals.hpp"

namespace account_sync {

class child_process {
 public:
  /// Runs work(pipe) in a new process, which exits with its result.
  /// Requires  a single thread.   Errors  failure(no_resources)
  child_process(const char* name, const std::function<int(int pipe)>& work);
  /// Asks it to end (SIGTERM), and waits until it has.
  ~child_process();
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  /// What it reports. A signal that comes meanwhile is passed on to it; the second one kills it.
  /// Errors  failure: it has ended without; with its exit status, as it has said why
  template <class T>
  T receive(stop_signals& stop) {
    static_assert(std::is_trivially_copyable_v<T>);
    T report;
    receive_bytes(&report, sizeof report, stop);
    return report;
  }

 private:
  void receive_bytes(void* to, std::size_t size, stop_signals& stop);
  [[noreturn]] void fail(int stopped_by);
  int wait() noexcept;

  const char* name_;
  pid_t id_ = 0;
  int pipe_ = -1;
};

/// For the child.   Errors  failure(no_resources)
void send_bytes(int pipe, const void* bytes, std::size_t size);

template <class T>
void send_report(int pipe, const T& report) {
  static_assert(std::is_trivially_copyable_v<T>);
  send_bytes(pipe, &report, sizeof report);
}

}  // namespace account_sync

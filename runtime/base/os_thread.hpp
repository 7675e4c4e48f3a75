// base/os_thread.hpp - a named thread whose creation may fail without an exception.           [floor: base]
//
// std::thread allocates, throws and cannot be named before it runs. This one returns an errno, and creation goes
// through a function that tests replace. The object is pinned while the thread runs: the thread reads its name there.
#pragma once

#include <pthread.h>

#include <array>
#include <string_view>

namespace weir::inline v0::base {

class os_thread {
 public:
  using create_fn = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);

  os_thread() = default;
  os_thread(const os_thread&) = delete;
  os_thread& operator=(const os_thread&) = delete;
  ~os_thread() { join(); }

  /// Runs run(arg) on a new thread called `name` (cut to the system's 15 characters). 0 or an errno. Call once.
  int start(std::string_view name, void (*run)(void*), void* arg, create_fn create = &pthread_create) noexcept;

  /// Waits for the end of run(); nothing to do when never started or joined already.
  void join() noexcept;

  [[nodiscard]] bool joinable() const noexcept { return started_; }
  [[nodiscard]] bool is_current() const noexcept { return started_ && pthread_equal(thread_, pthread_self()) != 0; }

 private:
  static void* enter(void* self) noexcept;

  std::array<char, 16> name_{};
  void (*run_)(void*) = nullptr;
  void* arg_ = nullptr;
  pthread_t thread_{};
  bool started_ = false;
};

}  // namespace weir::inline v0::base

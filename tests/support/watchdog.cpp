#include "support/watchdog.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>

namespace weir_test::watchdog {
namespace {

std::chrono::seconds limit() {
  const char* text = std::getenv("WEIR_WATCHDOG");
  return std::chrono::seconds(text != nullptr ? std::atol(text) : 60);
}

class dog {
 public:
  explicit dog(std::chrono::seconds limit) : limit_(limit) {
    // The new thread inherits the mask: signals that tests raise must never land on it.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread([this] { watch(); }).detach();
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  void pet(std::string_view label) {
    const std::lock_guard lock(mutex_);
    label_ = label;
    ++period_;
    petted_.notify_one();
  }

 private:
  void watch() {
    std::unique_lock lock(mutex_);
    for (;;) {
      const unsigned long period = period_;
      if (petted_.wait_for(lock, limit_, [&] { return period_ != period; })) continue;
      std::fprintf(stderr, "\nwatchdog: nothing finished for %ld s in: %s\n", static_cast<long>(limit_.count()),
                   label_.c_str());
      print_all_stacks();
      signal(SIGABRT, SIG_DFL);  // doctest's handler would end the test case, and so pet this very dog
      std::abort();
    }
  }

  const std::chrono::seconds limit_;
  std::mutex mutex_;
  std::condition_variable petted_;
  unsigned long period_ = 0;
  std::string label_;
};

}  // namespace

void pet(std::string_view label) {
  static const std::chrono::seconds configured = limit();
  if (configured.count() <= 0) return;
  static dog* const only = new dog(configured);  // never destroyed: its thread runs until the process ends
  only->pet(label);
}

bool print_all_stacks() {
  prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);  // where Yama restricts attaching, a child may
  std::fflush(nullptr);
  std::string pid = std::to_string(getpid());
  std::string words[] = {
      "gdb", "-p", pid, "-batch", "-nx", "-ex", "set pagination off", "-ex", "thread apply all bt 40"};
  char* argv[std::size(words) + 1] = {};
  for (std::size_t i = 0; i < std::size(words); ++i) argv[i] = words[i].data();

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t child = 0;
  const int error = posix_spawnp(&child, "gdb", &actions, &attributes, argv, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    std::fprintf(stderr, "watchdog: cannot start gdb (error %d): no stacks\n", error);
    return false;
  }
  // gdb stops this process while it works; should it never let go, ctest's limit ends both.
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace weir_test::watchdog

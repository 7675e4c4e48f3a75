// trace/no_signal.hpp - file operations that fail with EFBIG instead of killing the process.   [floor: trace]
#pragma once

#include <csignal>
#include <ctime>

namespace weir::inline v0::tracing {

/// While it lives, growing a file beyond RLIMIT_FSIZE is an error on this thread, not SIGXFSZ.
class no_size_signal {
 public:
  no_size_signal() noexcept {
    sigemptyset(&only_);
    sigaddset(&only_, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &only_, &before_);
  }
  no_size_signal(const no_size_signal&) = delete;
  no_size_signal& operator=(const no_size_signal&) = delete;
  ~no_size_signal() {
    if (sigismember(&before_, SIGXFSZ) == 1) return;
    const timespec now{};
    sigtimedwait(&only_, nullptr, &now);  // the one that we caused
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t only_{};
  sigset_t before_{};
};

}  // namespace weir::inline v0::tracing

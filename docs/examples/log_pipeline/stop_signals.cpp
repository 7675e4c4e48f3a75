#include "stop_signals.hpp"

#include <sys/signalfd.h>

#include "failure.hpp"

namespace log_pipeline {

stop_signals::stop_signals() {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  sigemptyset(&both_);
  sigaddset(&both_, SIGINT);
  sigaddset(&both_, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &both_, nullptr);
  pending_ = file_descriptor{::signalfd(-1, &both_, SFD_NONBLOCK | SFD_CLOEXEC)};
  if (!pending_.is_open()) throw failure::from_errno(no_resources, "cannot watch for signals");
}

int stop_signals::received() noexcept {
  signalfd_siginfo info;
  if (received_ == 0 && ::read(pending_.get(), &info, sizeof info) == sizeof info) {
    received_ = static_cast<int>(info.ssi_signo);
    ::pthread_sigmask(SIG_UNBLOCK, &both_, nullptr);
  }
  return received_;
}

}  // namespace log_pipeline

#include "stop_signals.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

#include "failure.hpp"

namespace account_sync {
namespace {

sigset_t both() noexcept {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

stop_signals::stop_signals() {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of write
  const sigset_t set = both();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  descriptor_ = ::signalfd(-1, &set, SFD_CLOEXEC);
  if (descriptor_ < 0) throw failure::from_errno(no_resources, "cannot watch for signals");
}

stop_signals::~stop_signals() { ::close(descriptor_); }

int stop_signals::take() noexcept {
  signalfd_siginfo info{};
  const bool came = ::read(descriptor_, &info, sizeof info) == sizeof info;
  return received_ = came ? static_cast<int>(info.ssi_signo) : SIGTERM;
}

void stop_signals::unblock() noexcept {
  const sigset_t set = both();
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace account_sync

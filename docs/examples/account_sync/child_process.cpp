#include "child_process.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "failure.hpp"

namespace account_sync {
namespace {

int run(const char* name, const std::function<int(int)>& work, int pipe) {
  try {
    return work(pipe);
  } catch (const failure& e) {
    std::fprintf(stderr, "account_sync: %s: %s\n", name, e.what());
    return e.code;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "account_sync: %s: %s\n", name, e.what());
    return no_resources;
  }
}

}  // namespace

child_process::child_process(const char* name, const std::function<int(int)>& work) : name_{name} {
  std::fflush(nullptr);  // or it would be printed twice
  int ends[2];
  if (::pipe(ends) != 0) throw failure::from_errno(no_resources, "cannot make a pipe");
  const pid_t parent = ::getpid();
  id_ = ::fork();
  if (id_ < 0) throw failure::from_errno(no_resources, "cannot make a process");
  if (id_ == 0) {
    ::close(ends[0]);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) std::exit(no_resources);  // it had died before that
    std::exit(run(name, work, ends[1]));
  }
  ::close(ends[1]);
  pipe_ = ends[0];
}

child_process::~child_process() {
  if (id_ > 0) ::kill(id_, SIGTERM);
  wait();
  ::close(pipe_);
}

int child_process::wait() noexcept {
  int status = 0;
  if (id_ > 0 && ::waitpid(std::exchange(id_, 0), &status, 0) < 0) return 0;
  return status;
}

void child_process::receive_bytes(void* to, std::size_t size, stop_signals& stop) {
  auto* at = static_cast<std::byte*>(to);
  int passed_on = 0;
  while (size != 0) {
    pollfd either[] = {{pipe_, POLLIN, 0}, {stop.descriptor(), POLLIN, 0}};
    if (::poll(either, 2, -1) < 0 && errno != EINTR) throw failure::from_errno(no_resources, "cannot wait");
    if (either[1].revents != 0) {
      const int came = stop.take();
      ::kill(id_, std::exchange(passed_on, came) == 0 ? came : SIGKILL);
    }
    if (either[0].revents == 0) continue;
    const ssize_t n = ::read(pipe_, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail(passed_on);
    at += n;
    size -= static_cast<std::size_t>(n);
  }
}

void child_process::fail(int stopped_by) {
  const int status = wait();
  if (stopped_by != 0) throw failure{interrupted + stopped_by, std::string{name_} + ": stopped by a signal"};
  if (WIFSIGNALED(status))
    throw failure{broken_identity, std::string{name_} + ": crashed, signal " + std::to_string(WTERMSIG(status))};
  if (const int code = WEXITSTATUS(status); code != success) throw failure{code, ""};  // it has said why
  throw failure{broken_identity, std::string{name_} + ": ended without a report"};
}

void send_bytes(int pipe, const void* bytes, std::size_t size) {
  if (::write(pipe, bytes, size) != static_cast<ssize_t>(size))  // less than PIPE_BUF: all or nothing
    throw failure::from_errno(no_resources, "cannot report");
}

}  // namespace account_sync

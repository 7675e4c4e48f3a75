// tests/support/denied.hpp - system calls that the kernel refuses from now on, as containers' filters do.
#pragma once

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <string>

namespace support {

/// In this process, and in what it executes, these calls fail with `error`, for good. False: that cannot be had.
inline bool deny(unsigned call, unsigned another, unsigned error) {
  std::array<sock_filter, 5> program{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, another, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
  }};
  const sock_fprog filter{program.size(), program.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}
inline bool deny(unsigned call, unsigned error) { return deny(call, call, error); }

/// Runs the test cases of this program that match, skipped ones too, in a process in which membarrier was denied before
/// it began. The exit code: 0 all passed; -1 when it did not exit by itself.
inline int run_self_without_membarrier(const std::string& test_cases) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  const std::string cases = "--test-case=" + test_cases;
  const pid_t child = ::fork();
  if (child == 0) {
    if (deny(SYS_membarrier, EPERM)) ::execl(self.c_str(), self.c_str(), "--no-skip", cases.c_str(), nullptr);
    ::_exit(99);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace support

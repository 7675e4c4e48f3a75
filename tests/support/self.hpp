// tests/support/self.hpp - runs one test case of this program again, in a process and an environment of its own.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace support {

/// Runs the test cases that match `test_case` (skipped ones too) under `env NAME=value ...`; stdout is discarded and
/// stderr goes to the file, or is discarded too. The exit code: 0 all passed; -1 when it did not exit by itself.
inline int run_self(const std::string& environment, const std::string& test_case,
                    const std::string& stderr_file = "/dev/null") {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  const std::string command = "env " + environment + " '" + self + "' --no-skip '--test-case=" + test_case +
                              "' >/dev/null 2>'" + stderr_file + "'";
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace support

// failure.hpp - how the program ends: one clear message, and one of these codes (they are sysexits(3)'s).
#pragma once

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace account_sync {

enum exit_code : int {
  success = 0,           // every shape has run; accounts that failed are in the report
  bad_usage = 64,        // EX_USAGE
  broken_identity = 70,  // EX_SOFTWARE: synced + failed != accounts called, or a process of ours crashed
  no_resources = 71,     // EX_OSERR: no process, no port, no memory
  bad_output = 74,       // EX_IOERR: the report cannot be written
  interrupted = 128,     // + the number of the signal: 130, 143
};

/// What ends the run: the message for people (none: it has been printed) and the code for the shell.
class failure : public std::runtime_error {
 public:
  failure(int c, const std::string& message) : std::runtime_error{message}, code{c} {}

  /// "cannot open x.json: No such file or directory"
  [[nodiscard]] static failure from_errno(int c, const std::string& what, int error = errno) {
    return {c, what + ": " + std::strerror(error)};
  }

  int code;
};

}  // namespace account_sync

// failure.hpp - how the program ends: one clear message, and one of these codes (they are sysexits(3)'s).
#pragma once

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace log_pipeline {

enum exit_code : int {
  success = 0,
  bad_lines = 1,         // --strict, and lines were rejected
  bad_usage = 64,        // EX_USAGE
  bad_input = 66,        // EX_NOINPUT: a file is missing or cannot be read
  broken_identity = 70,  // EX_SOFTWARE: lines in != lines out + lines rejected
  no_resources = 71,     // EX_OSERR: no thread, no memory, no port
  bad_output = 74,       // EX_IOERR: the output cannot be written
  interrupted = 128,     // + the number of the signal: 130, 143
};

/// What ends the run: the message for people and the code for the shell.
class failure : public std::runtime_error {
 public:
  failure(exit_code c, const std::string& message) : std::runtime_error{message}, code{c} {}

  /// "cannot open x.log: No such file or directory"
  [[nodiscard]] static failure from_errno(exit_code c, const std::string& what, int error = errno) {
    return {c, what + ": " + std::strerror(error)};
  }

  /// A signal came before there was anything to report.
  [[nodiscard]] static failure stopped(int signal, const std::string& where) {
    return {static_cast<exit_code>(interrupted + signal), "stopped by a signal: " + where};
  }

  exit_code code;
};

}  // namespace log_pipeline

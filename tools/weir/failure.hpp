// failure.hpp - how the command ends: its exit statuses, and the exceptions that lead to them.
#pragma once

#include <stdexcept>
#include <string>

namespace weir_tool {

enum exit_status : int { clean = 0, usage_or_io = 1, invalid_trace = 2, findings = 3 };

/// Ends the command with a message on stderr.
struct failure : std::runtime_error {
  failure(exit_status s, const std::string& what) : std::runtime_error{what}, status{s} {}
  exit_status status;
};

}  // namespace weir_tool

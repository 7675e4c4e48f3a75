// options.hpp - the command line.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "shapes.hpp"
#include "world.hpp"

namespace account_sync {

/// How long the partner is away when it restarts.
inline constexpr std::chrono::seconds down_time{1};

struct options {
  world in;
  std::vector<shape> run{shapes.begin(), shapes.end()};
  bool in_virtual_time = false;
  bool restart = false;
  std::size_t sample = 100;  ///< accounts that serial really calls, in real time
  std::string json;

  [[nodiscard]] std::size_t accounts_of(shape s) const noexcept;
};

/// Nothing when it was asked for --help, which has been printed.
/// Errors  failure(bad_usage)
std::optional<options> parse_command_line(int argc, char** argv);

}  // namespace account_sync

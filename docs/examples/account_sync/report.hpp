// report.hpp - what the shapes have to tell, side by side for people, and one object each for machines.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "options.hpp"
#include "outcome.hpp"

namespace account_sync {

void print_table(const options& o, const std::vector<outcome>& all, std::FILE* to);

/// An array, a line per shape. wall_s and predicted_s are those of the calls that were made (`calls`):
/// nothing is extrapolated here. What did not happen is null.
[[nodiscard]] std::string to_json(const std::vector<outcome>& all);

}  // namespace account_sync

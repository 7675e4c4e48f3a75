// run.hpp - one run of the program, from the options to the exit status.
#pragma once

#include "options.hpp"

namespace account_sync {

/// Errors  failure
[[nodiscard]] int run(const options& o);

}  // namespace account_sync

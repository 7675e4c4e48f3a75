// run.hpp - one run of the program, from the options to the exit status.
#pragma once

#include "options.hpp"

namespace log_pipeline {

/// Errors  failure, when the run cannot begin. What goes wrong later ends in the report, a message and the status.
[[nodiscard]] int run(const options& o);

}  // namespace log_pipeline

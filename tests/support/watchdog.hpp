// support/watchdog.hpp - a hang becomes a report.
//
// One thread per test program. Every test case that begins or ends pets it; when nothing has for the limit, it prints
// the stacks of all threads (gdb attaches to this very process) and aborts, so that a hang costs a minute and leaves
// evidence instead of a timeout. Limit in seconds: WEIR_WATCHDOG (default 60; 0 switches it off, for a debugger).
// The thread blocks all signals, exists before the first test and until exit: tests that count threads count it twice.
#pragma once

#include <string_view>

namespace weir_test::watchdog {

/// Starts the thread (first call only) and begins a new period. label: what runs now, as printed on a hang.
void pet(std::string_view label);

/// Prints the stacks of all threads of this process to stderr through gdb; false when gdb could not do it.
bool print_all_stacks();

}  // namespace weir_test::watchdog

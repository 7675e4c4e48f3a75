// tests/support/stderr_reports.hpp - a test case leaves no report on stderr, unless it says so.
//
// Reports go to stderr where nobody else takes them: no sink, no look at a manual runtime's reports(). main.cpp fails a
// test case after which there are new ones. So all counters are 0 over the whole suite, but where a test provokes one.
// Not counted is what a busy machine can cause: slow_continuation, uncancellable, workers_blocked, resource.
#pragma once

namespace weir_test {

/// This test case may.
void expect_stderr_reports() noexcept;

}  // namespace weir_test

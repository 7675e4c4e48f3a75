// support/main.cpp - main() of every test program: doctest, with the watchdog petted around each test case.
//
// A run that selected no test case fails: a filter that matches nothing (a renamed test, a comma in a name) must not
// count as a pass. A case that leaves reports on stderr fails, unless it expects them (stderr_reports.hpp).
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdint>
#include <cstdio>

#include "base/stderr_sink.hpp"
#include "support/stderr_reports.hpp"
#include "support/watchdog.hpp"

namespace {

unsigned cases_run = 0;
unsigned cases_with_reports = 0;
bool reports_expected = false;

/// Of the kinds that do not depend on how busy the machine is.
std::uint64_t left_on_stderr() {
  using enum weir::report_kind;
  std::uint64_t sum = 0;
  for (const auto kind : {unhandled_exception, dropped, never_awaited, nested_acquire, late_callback, foreign_await})
    sum += weir::base::process_stderr().seen(kind);
  return sum;
}

struct pet_the_watchdog : doctest::IReporter {
  explicit pet_the_watchdog(const doctest::ContextOptions&) {}
  void test_case_start(const doctest::TestCaseData& test) override {
    ++cases_run;
    reports_expected = false;
    reports_before_ = left_on_stderr();
    name_ = test.m_name;
    weir_test::watchdog::pet(test.m_name);
  }
  void test_case_reenter(const doctest::TestCaseData& test) override { weir_test::watchdog::pet(test.m_name); }
  void test_case_end(const doctest::CurrentTestCaseStats&) override {
    if (!reports_expected && left_on_stderr() != reports_before_) {
      ++cases_with_reports;
      std::fprintf(stderr, "FAILED: this test case left reports on stderr: %s\n", name_);
    }
    weir_test::watchdog::pet("between two test cases, or at exit");
  }
  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}

 private:
  std::uint64_t reports_before_ = 0;
  const char* name_ = "";
};

REGISTER_LISTENER("watchdog", 1, pet_the_watchdog);

}  // namespace

void weir_test::expect_stderr_reports() noexcept { reports_expected = true; }

int main(int argc, char** argv) {
  doctest::Context context(argc, argv);
  const int result = context.run();
  if (context.shouldExit()) return result;  // --list-test-cases and other queries
  if (cases_run == 0) {
    std::fprintf(stderr, "no test case matches the filter\n");
    return 3;
  }
  return result == 0 && cases_with_reports != 0 ? 4 : result;
}

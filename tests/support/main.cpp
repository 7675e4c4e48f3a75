// support/main.cpp - main() of every test program: doctest, with the watchdog petted around each test case.
//
// A run that selected no test case fails: a filter that matches nothing (a renamed test, a comma in a name) must not
// count as a pass.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>

#include "support/watchdog.hpp"

namespace {

unsigned cases_run = 0;

struct pet_the_watchdog : doctest::IReporter {
  explicit pet_the_watchdog(const doctest::ContextOptions&) {}
  void test_case_start(const doctest::TestCaseData& test) override {
    ++cases_run;
    weir_test::watchdog::pet(test.m_name);
  }
  void test_case_reenter(const doctest::TestCaseData& test) override { weir_test::watchdog::pet(test.m_name); }
  void test_case_end(const doctest::CurrentTestCaseStats&) override {
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
};

REGISTER_LISTENER("watchdog", 1, pet_the_watchdog);

}  // namespace

int main(int argc, char** argv) {
  doctest::Context context(argc, argv);
  const int result = context.run();
  if (context.shouldExit()) return result;  // --list-test-cases and other queries
  if (cases_run == 0) {
    std::fprintf(stderr, "no test case matches the filter\n");
    return 3;
  }
  return result;
}

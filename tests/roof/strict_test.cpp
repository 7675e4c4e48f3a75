// Strict mode: a defect that would be a line on stderr, or nobody's, ends the process where it is found.
#include <string>

#include <doctest/doctest.h>

#include <weir/runtime.hpp>
#include <weir/spawn.hpp>
#include <weir/testing.hpp>

#include "support/scratch.hpp"
#include "support/self.hpp"
#include "support/stderr_reports.hpp"

namespace {

weir::task<> nothing() { co_return; }

void forget_a_task() { static_cast<void>(nothing()); }

struct ended {
  bool by_itself;
  std::string said;
};

ended run_in_a_process(const std::string& environment, const std::string& test_case) {
  const support::scratch_directory dir;
  const int code = support::run_self(environment, test_case, dir.file("err"));
  return {code == 0, support::read_file(dir.file("err"))};
}

}  // namespace

TEST_CASE("alone: strict - a task is forgotten in main" * doctest::skip()) {
  weir_test::expect_stderr_reports();
  forget_a_task();
}

TEST_CASE("alone: strict - a posted job throws in a strict runtime" * doctest::skip()) {
  weir_test::expect_stderr_reports();
  weir::runtime rt{{.threads = 1, .on_report = [](const weir::report&) {}, .strict = true}};
  rt.cpu().post([] { throw 1; });
  rt.wait_idle();
}

TEST_CASE("alone: strict - a task is forgotten on a strict manual runtime" * doctest::skip()) {
  weir_test::expect_stderr_reports();
  weir::testing::manual_runtime rt{{.strict = true}};
  auto body = []() -> weir::task<> {
    forget_a_task();
    co_return;
  };
  rt.block_on(body());
}

TEST_CASE("strict: WEIR_STRICT=1 ends a process that forgets a task, and says where; without it a line is all") {
  const std::string name = "alone: strict - a task is forgotten in main";
  CHECK(run_in_a_process("WEIR_STRICT=0", name).by_itself);
  const ended how = run_in_a_process("WEIR_STRICT=1", name);
  CHECK_FALSE(how.by_itself);
  INFO(how.said);
  CHECK(how.said.find("strict mode ends the process: never_awaited") != std::string::npos);
  CHECK(how.said.find("nothing()") != std::string::npos);
}

TEST_CASE("strict: a strict runtime ends the process after its sink has got the report") {
  const ended how = run_in_a_process("WEIR_STRICT=", "alone: strict - a posted job throws in a strict runtime");
  CHECK_FALSE(how.by_itself);
  CHECK(how.said.find("strict mode ends the process: unhandled_exception") != std::string::npos);
}

TEST_CASE("strict: a manual runtime has it, too") {
  const ended how = run_in_a_process("WEIR_STRICT=", "alone: strict - a task is forgotten on a strict manual runtime");
  CHECK_FALSE(how.by_itself);
  CHECK(how.said.find("strict mode ends the process: never_awaited") != std::string::npos);
}

TEST_CASE("reports: what nobody looked at in a manual runtime is on stderr when it ends") {
  const std::string name = "alone: reports - nobody looks";
  const ended how = run_in_a_process("WEIR_STRICT=", name);
  CHECK_FALSE(how.by_itself);  // main.cpp fails the case
  CHECK(how.said.find("weir: never_awaited") != std::string::npos);
  CHECK(how.said.find("this test case left reports on stderr") != std::string::npos);
}

TEST_CASE("alone: reports - nobody looks" * doctest::skip()) {
  weir::testing::manual_runtime rt;
  auto body = []() -> weir::task<> {
    forget_a_task();
    co_return;
  };
  rt.block_on(body());
}

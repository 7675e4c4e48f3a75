// The command itself: its help, its exit statuses, and `weir record`.
#include <doctest/doctest.h>

#include "weir/support/command.hpp"
#include "weir/support/story.hpp"
#include "weir/weir.hpp"

using support::run_weir;

TEST_CASE("command: help lists the verbs, and of each its options and examples") {
  const support::ran all = run_weir("help");
  CHECK(all.status == 0);
  for (const std::string verb : {"record", "check", "convert"}) {
    CHECK(all.out.find("\n  " + verb + " ") != std::string::npos);
    const support::ran one = run_weir("help " + verb);
    CHECK(one.status == 0);
    CHECK(one.out.find("Examples:\n  weir " + verb) != std::string::npos);
    CHECK(one.out.find("--json") != std::string::npos);
    CHECK(run_weir(verb + " --help").out == one.out);
  }
}

TEST_CASE("command: wrong use is status 1 and a line on stderr") {
  for (const char* const wrong :
       {"", "help nothing", "nothing", "check", "check a b", "convert x.wtr", "--nothing", "check /nonexistent.wtr",
        "check /dev/null", "record", "record -o t.json -- true", "record -- /nonexistent/program"}) {
    const support::ran r = run_weir(wrong);
    CAPTURE(wrong);
    CHECK(r.status == 1);
    CHECK_FALSE(r.err.empty());
    CHECK(r.out.empty());
  }
}

TEST_CASE("command: what is not a trace is status 2") {
  const support::scratch_directory dir;
  support::write_file(dir.file("t.wtr"), "no trace\n");
  for (const std::string verb : {"check ", "convert --to csv -o - "}) {
    const support::ran r = run_weir(verb + dir.file("t.wtr"));
    CHECK(r.status == 2);
    CHECK(r.err.find("not a trace") != std::string::npos);
  }
}

TEST_CASE("command: a full stdout is an error") {
  const support::scratch_directory dir;
  support::write_file(dir.file("t.wtr"), support::trace_of(support::story()));
  const int status =
      std::system(("'" WEIR_COMMAND "' check '" + dir.file("t.wtr") + "' >/dev/full 2>/dev/null").c_str());
  CHECK(WEXITSTATUS(status) == 1);
}

TEST_CASE("command child: jobs" * doctest::skip()) {
  weir::runtime rt{{.threads = 2}};
  for (int i = 0; i < 100; ++i) rt.cpu().post({.name = "job"}, [] {});
  rt.wait_idle();
}

TEST_CASE("record: runs the program, says where its trace is, and ends as the program did") {
  const support::scratch_directory dir;
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  const support::ran r = run_weir("record -o '" + dir.file("t-%p.wtr") + "' -- '" + self +
                                  "' --no-skip --test-case='command child: jobs'");
  CHECK(r.status == 0);
  CHECK(r.out.find("SUCCESS") != std::string::npos);  // the program's stdout
  const std::size_t at = r.err.find(dir.file("t-"));
  REQUIRE(at != std::string::npos);
  const std::string trace = r.err.substr(at, r.err.find(".wtr", at) + 4 - at);
  CHECK(support::trace_is_valid(trace, "SPAWN:job=100 BEGIN:job=100 END=100 whole=1 balance=1"));
  CHECK(run_weir("check '" + trace + "'").status == 0);
}

TEST_CASE("record: a program that fails, dies or makes no trace is told apart") {
  const support::scratch_directory dir;
  const std::string record = "record -o '" + dir.file("t.wtr") + "' -- ";
  CHECK(run_weir(record + "sh -c 'exit 7'").status == 7);
  CHECK(run_weir(record + "sh -c 'kill -9 $$'").status == 137);
  CHECK(run_weir(record + "true").err.find("wrote no trace") != std::string::npos);
  CHECK(run_weir(record + "sh -c 'echo $WEIR_TRACE'").out == dir.file("t.wtr") + "\n");
}

// Two readers of one format: the command, and tests/trace/read_wtr.py, which knows the page alone.
#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "weir/support/command.hpp"
#include "weir/weir.hpp"

using namespace std::chrono_literals;

namespace {

weir::task<int> slow(int n) {
  co_await weir::sleep_for(std::chrono::microseconds{100});
  co_return n;
}

weir::task<void> sends(weir::channel<int>& items) {
  for (int i = 0; i < 30; ++i) co_await items.send(i);
  items.close();
}

weir::task<void> receives(weir::channel<int>& items, weir::limiter& few) {
  while (co_await items.receive()) {
    const weir::permit held = co_await few.acquire();
    co_await weir::checkpoint();
  }
}

weir::task<void> body(weir::task_group& g, weir::channel<int>& items, weir::limiter& few) {
  co_await g.spawn(sends(items), "sends");
  for (int i = 0; i < 3; ++i) co_await g.spawn(receives(items, few), "receives");
}

weir::task<void> some_of_everything() {
  weir::channel<int> items{4, {.name = "items, \"few\""}};
  weir::limiter few{2, {.name = "few"}};
  co_await weir::with_group({.limit = weir::par{5}, .name = "group"}, body, std::ref(items), std::ref(few));
  co_await weir::when_any(slow(1), slow(2));
  co_await weir::blocking([] {});
  weir::trace::mark("done", 7);
}

void play(weir::runtime& rt) {
  rt.block_on(some_of_everything());
  for (int i = 0; i < 50; ++i) rt.cpu().post({.name = "job"}, [] {});
  weir::parallel_for(rt.cpu(), 0, 10'000, [](int) {});
  rt.wait_idle();
}

bool agree(const std::string& files) {
  return std::system(
             ("python3 '" WEIR_AGREE "' '" WEIR_COMMAND "' '" WEIR_TRACE_READER "' " + files + " >&2").c_str()) == 0;
}

}  // namespace

TEST_CASE("agree: both readers count the same in a recording, in one that loses events, and in a flight recorder") {
  const support::scratch_directory dir;
  for (const auto& [name, ring] : {std::pair{"whole.wtr", std::size_t{1} << 20U}, {"lossy.wtr", std::size_t{4096}}}) {
    weir::trace::recording rec{dir.file(name), {.ring_bytes = ring}};
    {
      weir::runtime rt{{.threads = 2}};
      for (int i = 0; i < 20; ++i) play(rt);
    }
    rec.stop();
  }
  {
    const weir::trace::flight_recorder rec{{.ring_bytes = 16'384, .directory = dir.file("")}};
    weir::runtime rt{{.threads = 2}};
    for (int i = 0; i < 20; ++i) play(rt);
    weir::trace::snapshot(dir.file("flight.wtr"));
  }
  CHECK(support::run_weir("check '" + dir.file("lossy.wtr") + "'").out.find("events are lost") != std::string::npos);
  CHECK(agree("'" + dir.file("") + "'*.wtr"));
}

TEST_CASE("agree: what the runtime records keeps every law") {
  const support::scratch_directory dir;
  {
    weir::trace::recording rec{dir.file("t.wtr")};
    weir::runtime rt{{.threads = 2}};
    for (int i = 0; i < 20; ++i) play(rt);
  }
  const support::ran r = support::run_weir("check '" + dir.file("t.wtr") + "'");
  CHECK_MESSAGE(r.status == 0, r.out, r.err);
  CHECK(r.out.find("not checked") == std::string::npos);
  CHECK(r.out.find("open at the end: 0 tasks, 0 jobs, 0 groups, 0 operations, 0 slices; begun before: 0") !=
        std::string::npos);
}

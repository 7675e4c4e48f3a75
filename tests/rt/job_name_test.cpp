// What a job is called in reports and traces.
#include <weir/runtime.hpp>

#include <chrono>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "rt/fixture.hpp"

using namespace weir_test;

TEST_CASE("executor: a job that was given no name goes by the type of what it runs, wherever it is wrapped") {
  std::mutex guard;
  std::vector<std::string> names;
  weir::runtime_options options = with_threads(1);
  options.on_report = [&](const weir::report& r) {
    const std::lock_guard lock{guard};
    names.emplace_back(r.name);
  };
  struct breaks {
    void operator()() const { throw std::runtime_error{"planned"}; }
    void operator()(std::size_t) const { throw std::runtime_error{"planned"}; }
  };
  {
    balanced_runtime rt{options};
    weir::executor cpu = rt.cpu();
    const std::stop_source stop;
    cpu.post(breaks{});
    cpu.post({.stop = stop.get_token()}, breaks{});
    cpu.post_each(std::vector<breaks>(1));
    cpu.post_after(std::chrono::nanoseconds{1}, breaks{});
    until([&] {
      const std::lock_guard lock{guard};
      return names.size() == 4;
    });
    cpu.post({.name = "named"}, breaks{});
    cpu.post([] { throw std::runtime_error{"planned"}; });
    rt->wait_idle();
  }
  REQUIRE(names.size() == 6);
  for (std::size_t i = 0; i < 4; ++i) CHECK_MESSAGE(names[i].find("breaks") != std::string::npos, names[i]);
  CHECK(names[4] == "named");
  CHECK_MESSAGE(names[5].find("lambda") != std::string::npos, names[5]);
  CHECK_MESSAGE(names[5].find('/') == std::string::npos, names[5]);
}

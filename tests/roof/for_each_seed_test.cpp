#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include <weir/testing/for_each_seed.hpp>
#include <weir/this_task.hpp>
#include <weir/when.hpp>

using namespace weir;
using testing::for_each_seed;
using testing::manual_runtime;
using testing::scenario_failed;

namespace {

/// Reads, lets others go first, and writes what it read plus one: loses an addition in some orders.
task<> add_one(int& balance) {
  const int before = balance;
  co_await checkpoint();
  balance = before + 1;
}

/// Two that wait different numbers of turns: they overlap only in unusual orders.
void transfer(manual_runtime& rt) {
  int balance = 0;
  auto late = [&]() -> task<> {
    for (int i = 0; i < 3; ++i) co_await checkpoint();
    co_await add_one(balance);
  };
  auto noise = []() -> task<> {
    for (int i = 0; i < 20; ++i) co_await checkpoint();
  };
  auto body = [&]() -> task<> { co_await when_all(add_one(balance), late(), noise(), noise()); };
  rt.block_on(body());
  if (balance != 2) throw std::runtime_error{"an addition was lost"};
}

struct variable {
  variable(const char* n, const std::string& value) : name{n} { ::setenv(name, value.c_str(), 1); }
  variable(const variable&) = delete;
  variable& operator=(const variable&) = delete;
  ~variable() { ::unsetenv(name); }
  const char* name;
};

std::string failure_of(std::size_t seeds) {
  try {
    for_each_seed(seeds, transfer);
  } catch (const scenario_failed& e) {
    return e.what();
  }
  return {};
}

}  // namespace

TEST_CASE("for_each_seed: runs every seed once, and nothing is said when none fails") {
  std::vector<std::size_t> orders;
  for_each_seed(25, [&](manual_runtime& rt) {
    std::size_t order = 0;
    auto body = [&]() -> task<> {
      auto note = [&](std::size_t k) -> task<> {
        co_await checkpoint();
        order = order * 10 + k;
      };
      co_await when_all(note(1), note(2), note(3));
    };
    rt.block_on(body());
    orders.push_back(order);
  });
  CHECK(orders.size() == 25);
  CHECK(std::count(orders.begin(), orders.end(), orders.front()) < 25);
}

TEST_CASE("for_each_seed: a failure names its seed and a schedule of few decisions, and both fail again") {
  manual_runtime fifo;
  CHECK_NOTHROW(transfer(fifo));
  bool failed = false;
  try {
    for_each_seed(200, transfer);
  } catch (const scenario_failed& e) {
    failed = true;
    CHECK_THROWS_WITH_AS(std::rethrow_exception(e.cause()), "an addition was lost", std::runtime_error);
    manual_runtime by_seed{{.seed = e.seed()}};
    CHECK_THROWS_AS(transfer(by_seed), std::runtime_error);
    manual_runtime by_schedule{{.schedule = e.schedule()}};
    CHECK_THROWS_AS(transfer(by_schedule), std::runtime_error);
    std::size_t deviations = 0;
    for (const auto d : e.schedule()) deviations += d != 0 ? 1 : 0;
    CHECK(deviations >= 1);
    CHECK(deviations <= 6);
    const std::string said = e.what();
    CHECK(said.find("WEIR_SEED=" + std::to_string(e.seed())) != std::string::npos);
    const std::string again = said.substr(said.find("WEIR_SCHEDULE=") + 14);
    const variable schedule{"WEIR_SCHEDULE", again};
    CHECK(failure_of(1).find(again + " fails: an addition was lost") != std::string::npos);
  }
  REQUIRE(failed);
}

TEST_CASE("for_each_seed: the same seed fails in the same way; WEIR_SEED runs only that one") {
  const std::string first = failure_of(200);
  REQUIRE_FALSE(first.empty());
  CHECK(failure_of(200) == first);
  std::size_t runs = 0;
  const variable seed{"WEIR_SEED", "7"};
  for_each_seed(100, [&](manual_runtime&) { ++runs; });
  CHECK(runs == 1);
}

TEST_CASE("for_each_seed: what fails first in, first out says so; malformed variables are refused") {
  try {
    for_each_seed(5, [](manual_runtime&) { throw std::runtime_error{"always"}; });
    FAIL("it must throw");
  } catch (const scenario_failed& e) {
    CHECK(e.schedule().empty());
    CHECK(std::string{e.what()}.find("first in, first out") != std::string::npos);
  }
  const variable schedule{"WEIR_SCHEDULE", "1:x"};
  CHECK_THROWS_AS(for_each_seed(1, transfer), std::invalid_argument);
}

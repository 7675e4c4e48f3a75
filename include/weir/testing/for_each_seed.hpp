// weir/testing/for_each_seed.hpp - one scenario under many orders; what fails is made small.    [floor: roof]
//
//   testing::for_each_seed(1000, [](testing::manual_runtime& rt) {
//     if (rt.block_on(transfer()) != 100) throw std::runtime_error{"money was lost"};
//   });
//
// Runs the scenario with seeds 1 to n, each on a runtime of its own. It fails by throwing (doctest's REQUIRE, an
// assertion that throws, what a task threw). The first failing seed is then shrunk: of the decisions that the seed made
// (which of several ready jobs goes first), as many as possible are taken back to first in, first out, as long as it
// still fails. One line each on stderr, and in the exception, says how to run the seed, and the shrunk schedule, again:
//
//   WEIR_SEED=17                runs only that seed
//   WEIR_SCHEDULE=12:3,40:1     runs only that schedule: decision 12 takes the fourth, decision 40 the second, all
//                               others the first of the ready jobs
//
// The scenario must be deterministic: no clock, no thread, no address order but the runtime's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include <weir/error.hpp>
#include <weir/testing.hpp>

namespace weir::inline v0::testing {

using scenario = std::function<void(manual_runtime&)>;

/// what(): the lines that were printed.
class scenario_failed : public error {
 public:
  scenario_failed(const std::string& what, std::uint64_t seed, std::vector<std::uint32_t> schedule,
                  std::exception_ptr cause)
      : error{what}, seed_{seed}, schedule_{std::move(schedule)}, cause_{std::move(cause)} {}

  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }  ///< 0: a given schedule
  /// The shrunk decisions, for manual_options::schedule; empty: first in, first out fails too.
  [[nodiscard]] const std::vector<std::uint32_t>& schedule() const noexcept { return schedule_; }
  [[nodiscard]] std::exception_ptr cause() const noexcept { return cause_; }  ///< what the scenario threw first

 private:
  std::uint64_t seed_;
  std::vector<std::uint32_t> schedule_;
  std::exception_ptr cause_;
};

struct seed_options {
  std::uint64_t first = 1;                        ///< the first seed; at least 1
  std::size_t shrink_runs = 500;                  ///< at most so many runs to make a failure small
  std::chrono::steady_clock::time_point start{};  ///< manual_options::start
};

/// Errors  scenario_failed; std::invalid_argument: a malformed WEIR_SEED or WEIR_SCHEDULE
void for_each_seed(std::size_t n, const scenario& run, const seed_options& options = {});

}  // namespace weir::inline v0::testing

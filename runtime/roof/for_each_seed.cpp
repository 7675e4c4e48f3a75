#include <weir/testing/for_each_seed.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <weir/expected.hpp>

namespace weir::inline v0::testing {
namespace {

using decisions = std::vector<std::uint32_t>;

template <class T>
T number_in(std::string_view text, const char* variable) {
  T n{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size())
    throw std::invalid_argument{std::string{variable} + ": not a number: " + std::string{text}};
  return n;
}

/// "12:3,40:1"; "" is first in, first out.
std::string to_text(const decisions& schedule) {
  std::string text;
  for (std::size_t i = 0; i < schedule.size(); ++i)
    if (schedule[i] != 0)
      text.append(text.empty() ? "" : ",").append(std::to_string(i)).append(":").append(std::to_string(schedule[i]));
  return text;
}

decisions from_text(std::string_view text) {
  constexpr const char* variable = "WEIR_SCHEDULE";
  decisions schedule(1);  // not empty: a schedule
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    const std::size_t colon = item.find(':');
    if (colon == item.npos) throw std::invalid_argument{"WEIR_SCHEDULE: not decision:choice: " + std::string{item}};
    const auto at = number_in<std::uint32_t>(item.substr(0, colon), variable);
    if (at >= schedule.size()) schedule.resize(at + 1);
    schedule[at] = number_in<std::uint32_t>(item.substr(colon + 1), variable);
  }
  return schedule;
}

std::size_t count_deviations(const decisions& schedule) {
  return static_cast<std::size_t>(std::ranges::count_if(schedule, [](std::uint32_t d) { return d != 0; }));
}

class runner {
 public:
  runner(const scenario& run, const seed_options& options) : run_{run}, options_{options} {}

  /// Null: it passes. Otherwise what it threw; decided() is what it did.
  std::exception_ptr fails(manual_options how) {
    how.start = options_.start;
    how.record = true;
    manual_runtime rt{how};
    std::exception_ptr failure;
    try {
      run_(rt);
    } catch (...) {
      failure = std::current_exception();
    }
    decided_ = rt.schedule();
    return failure;
  }
  [[nodiscard]] const decisions& decided() const noexcept { return decided_; }

  /// Takes decisions back, large pieces first, as long as what is left fails.
  decisions shrunk(decisions failing) {
    std::size_t left = options_.shrink_runs;
    for (std::size_t piece = failing.size(); piece >= 1 && left > 0; piece /= 2) {
      for (std::size_t at = 0; at < failing.size() && left > 0; at += piece) {
        decisions candidate = failing;
        const auto from = candidate.begin() + static_cast<std::ptrdiff_t>(at);
        const auto to = candidate.begin() + static_cast<std::ptrdiff_t>(std::min(at + piece, candidate.size()));
        if (std::all_of(from, to, [](std::uint32_t d) { return d == 0; })) continue;
        std::fill(from, to, 0U);
        --left;
        if (fails({.schedule = candidate})) failing = std::move(candidate);
      }
    }
    while (!failing.empty() && failing.back() == 0) failing.pop_back();
    return failing;
  }

 private:
  const scenario& run_;
  const seed_options& options_;
  decisions decided_;
};

[[noreturn]] void fail(const std::string& text, std::uint64_t seed, decisions schedule, std::exception_ptr cause) {
  std::fprintf(stderr, "%s\n", text.c_str());
  throw scenario_failed{text, seed, std::move(schedule), std::move(cause)};
}

void run_seed(runner& runs, std::uint64_t seed) {
  const std::exception_ptr cause = runs.fails({.seed = seed});
  if (!cause) return;
  const decisions all = runs.decided();
  const decisions few = all.empty() ? all : runs.shrunk(all);
  std::string text = "weir: for_each_seed: seed " + std::to_string(seed) +
                     " fails: " + expected<void>{cause}.message() + "\n  again: WEIR_SEED=" + std::to_string(seed) +
                     "\n  ";
  if (few.empty())
    text += "it fails first in, first out, too: WEIR_SCHEDULE=0:0";
  else
    text += std::to_string(count_deviations(few)) + " of " + std::to_string(all.size()) +
            " decisions make it fail: WEIR_SCHEDULE=" + to_text(few);
  fail(text, seed, few, cause);
}

}  // namespace

void for_each_seed(std::size_t n, const scenario& run, const seed_options& options) {
  if (options.first == 0) throw std::invalid_argument{"weir::testing::seed_options::first must be at least 1"};
  runner runs{run, options};
  if (const char* const text = std::getenv("WEIR_SCHEDULE")) {
    decisions schedule = from_text(text);
    if (const auto cause = runs.fails({.schedule = schedule}))
      fail(std::string{"weir: for_each_seed: WEIR_SCHEDULE="} + text + " fails: " + expected<void>{cause}.message(), 0,
           std::move(schedule), cause);
    return;
  }
  if (const char* const text = std::getenv("WEIR_SEED"))
    return run_seed(runs, number_in<std::uint64_t>(text, "WEIR_SEED"));
  for (std::size_t i = 0; i < n; ++i) run_seed(runs, options.first + i);
}

}  // namespace weir::inline v0::testing

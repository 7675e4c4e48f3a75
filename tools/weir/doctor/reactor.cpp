// Rules of the reactor thread: one continuation that held it, and many short ones that did together.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "doctor/rule.hpp"
#include "units.hpp"

namespace weir_tool {
namespace {

constexpr std::int64_t ms = 1'000'000;

/// The longest slice of a turn of the reactor.
struct longest_slice {
  std::int64_t took = 0;
  std::uint64_t id = 0;
  std::uint32_t site = 0;
};

/// What TICK says.
struct tick {
  std::int64_t ran, cpu;
  std::uint32_t continuations;
  explicit tick(const moment& m) : ran{high(m.id)}, cpu{low(m.arg)}, continuations{m.flags} {}
};

/// A rule of turns: it is told each one that has ended.
class rule_of_turns : public rule {
 protected:
  virtual void turned(std::int64_t at, const tick& t, const longest_slice& l) = 0;
  virtual void judge(diagnosis& to) const = 0;

 private:
  [[nodiscard]] std::uint32_t needs() const final {
    return weir::detail::trace_category::io | weir::detail::trace_category::task;
  }
  void see(const moment& m, const cast& who) final {
    if (m.what == event::tick) {
      any_ = true;
      return turned(m.at, tick{m}, std::exchange(longest_[m.thread], {}));
    }
    if (m.what != event::suspend && m.what != event::end) return;
    const actor* const a = who.find(m.id);
    if (a == nullptr || !a->running) return;
    longest_slice& l = longest_[m.thread];
    if (m.at - a->since > l.took) l = {m.at - a->since, a->id, m.what == event::suspend ? m.site : a->site};
  }
  void judge(std::int64_t, const cast&, diagnosis& to) final {
    if (!any_) return to.silent.push_back({name(), "the reactor never turned"});
    judge(to);
  }

  bool any_ = false;
  std::unordered_map<std::uint32_t, longest_slice> longest_;  // by thread, since its last TICK
};

class blocked final : public rule_of_turns {
  // Seastar reports a task that holds its reactor for 25 ms; asyncio's debug mode and clinic call 100 ms a fault.
  static constexpr std::int64_t warn_at = 25 * ms, error_at = 100 * ms;

  struct row {
    std::uint64_t times = 0;
    std::int64_t sum = 0, longest = 0, cpu = 0, from = 0, to = 0;
    std::vector<std::uint64_t> ids;
  };

  [[nodiscard]] const char* name() const override { return "blocked-reactor"; }
  void turned(std::int64_t at, const tick& t, const longest_slice& l) override {
    if (l.took < warn_at) return;
    row& r = rows_[l.site];
    if (r.times++ == 0) r.from = at - l.took;
    r.to = at;
    r.sum += l.took;
    r.cpu += std::min(t.cpu, l.took);
    r.longest = std::max(r.longest, l.took);
    if (r.ids.size() < most_ids) r.ids.push_back(l.id);
  }
  void judge(diagnosis& to) const override {
    for (const auto& [site, r] : rows_) {
      const bool computes = 10 * r.cpu >= r.sum;  // others may have had the processor, too
      to.findings.push_back(
          {.rule = name(),
           .how = r.longest >= error_at ? weight::error : weight::warning,
           .lost = r.sum,
           .site = site,
           .from = r.from,
           .to = r.to,
           .ids = r.ids,
           .what =
               fmt::format("held the reactor {} times, {} in all, {} at the longest (from {} on it counts); {} of it "
                           "on the processor. All timers and I/O waited meanwhile.",
                           grouped(r.times), duration(r.sum), duration(r.longest), duration(warn_at), duration(r.cpu)),
           .advice = computes
                         ? "Move the work to a worker: co_await weir::on_cpu(f, args...), or give the task its home "
                           "there: weir::resume_on(rt.cpu())."
                         : "It calls something that blocks: use its awaitable form, or co_await weir::blocking(f, "
                           "args...)."});
    }
  }

  std::map<std::uint32_t, row> rows_;
};

class starved final : public rule_of_turns {
  // Seastar's goal for one poll is 0.5 ms; here a turn counts from 10 ms on, when no continuation took a quarter of it.
  static constexpr std::int64_t long_turn = 10 * ms;
  static constexpr int largest_share = 4;

  [[nodiscard]] const char* name() const override { return "starved-reactor"; }
  void turned(std::int64_t at, const tick& t, const longest_slice& l) override {
    if (t.ran < long_turn || l.took * largest_share > t.ran) return;
    if (times_++ == 0) from_ = at - t.ran;
    to_ = at;
    sum_ += t.ran;
    most_ = std::max(most_, t.continuations);
    longest_ = std::max(longest_, t.ran);
    site_ = l.site;
  }
  void judge(diagnosis& to) const override {
    if (times_ == 0) return;
    to.findings.push_back(
        {.rule = name(),
         .how = weight::warning,
         .lost = sum_,
         .site = site_,
         .from = from_,
         .to = to_,
         .ids = {},
         .what =
             fmt::format("{} turns of the reactor ran up to {} short continuations before it looked at I/O and timers "
                         "again, {} at the longest (from {} on it counts).",
                         grouped(times_), grouped(most_), duration(longest_), duration(long_turn)),
         .advice = "Let the tasks live on the workers (weir::resume_on(rt.cpu())), or let each go back in line now and "
                   "then: co_await weir::checkpoint()."});
  }

  std::uint64_t times_ = 0;
  std::int64_t from_ = 0, to_ = 0, sum_ = 0, longest_ = 0;
  std::uint32_t most_ = 0, site_ = 0;
};

}  // namespace

std::unique_ptr<rule> blocked_reactor() { return std::make_unique<blocked>(); }
std::unique_ptr<rule> long_turns() { return std::make_unique<starved>(); }

}  // namespace weir_tool

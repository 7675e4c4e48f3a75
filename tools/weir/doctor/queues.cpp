// Rules of queues: one that grows as long as it is looked at, and one whose producer does not listen.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <vector>

#include "doctor/rule.hpp"
#include "units.hpp"

namespace weir_tool {
namespace {

constexpr double s = 1e9;

/// Depth over time, from the first item to the last that came in (what drains afterwards proves nothing),
/// in at most 1,024 steps of equal length, which doubles when they are not enough.
class history {
 public:
  void add(std::int64_t at, std::uint64_t depth, bool came_in) {
    if (steps_.empty()) first_ = last_ = at;
    auto i = static_cast<std::size_t>((at - first_) / length_);
    while (i >= most) {
      halve();
      i = static_cast<std::size_t>((at - first_) / length_);
    }
    while (steps_.size() <= i) steps_.push_back(steps_.empty() ? 0 : steps_.back());
    steps_.back() = depth;
    if (came_in) last_ = at;
  }
  /// The mean of each.
  [[nodiscard]] std::array<double, 4> quarters() const {
    std::array<double, 4> all{};
    std::array<std::size_t, 4> n{};
    for (std::size_t i = 0; i < steps(); ++i) {
      const std::size_t q = i * 4 / steps();
      all[q] += static_cast<double>(steps_[i]);
      ++n[q];
    }
    for (std::size_t q = 0; q < 4; ++q) all[q] /= static_cast<double>(std::max<std::size_t>(n[q], 1));
    return all;
  }
  [[nodiscard]] std::size_t steps() const noexcept {
    return std::min(steps_.size(), static_cast<std::size_t>((last_ - first_) / length_) + 1);
  }
  [[nodiscard]] std::int64_t first() const noexcept { return first_; }
  [[nodiscard]] std::int64_t last() const noexcept { return last_; }

 private:
  static constexpr std::size_t most = 1024;
  void halve() {
    for (std::size_t i = 0; i < most / 2; ++i) steps_[i] = steps_[2 * i + 1];
    steps_.resize(most / 2);
    length_ *= 2;
  }

  std::vector<std::uint64_t> steps_;
  std::int64_t first_ = 0, last_ = 0, length_ = 1'000'000;
};

class growth final : public rule {
  // Up in every quarter, by more than three times what chance does to a queue with as many arrivals. In a simulation
  // of M/M/1 over 30 s this never fires up to a load of 0.95, and always from 1.05 on (60 seeds).
  static constexpr double chance = 3;
  static constexpr std::uint64_t enough = 200;
  static constexpr std::size_t enough_steps = 40;

  struct row {
    std::uint32_t site = 0;
    std::uint64_t capacity = 0, pushed = 0, popped = 0;
    history depth;
  };

  [[nodiscard]] const char* name() const override { return "queue-growth"; }
  [[nodiscard]] std::uint32_t needs() const override { return weir::detail::trace_category::io; }
  void see(const moment& m, const cast&) override {
    if (m.what == event::queue_open)
      rows_[m.id] = {.site = m.site, .capacity = m.arg, .pushed = 0, .popped = 0, .depth = {}};
    if (m.what != event::queue_push && m.what != event::queue_pop) return;
    row& r = rows_[m.id];
    r.site = m.site;
    const bool in = m.what == event::queue_push;
    (in ? r.pushed : r.popped) += low(m.arg);
    r.depth.add(m.at, high(m.arg), in && low(m.arg) != 0);
  }
  void judge(std::int64_t, const cast&, diagnosis& to) override {
    bool judged = false;
    for (const auto& [id, r] : rows_) {
      if (r.pushed < enough || r.depth.steps() < enough_steps) continue;
      judged = true;
      const auto q = r.depth.quarters();
      const bool up = q[0] < q[1] && q[1] < q[2] && q[2] < q[3];
      const double mean = static_cast<double>(r.pushed) / 4;
      if (!up || q[3] - q[0] <= chance * std::sqrt(mean)) continue;
      const double span = static_cast<double>(std::max<std::int64_t>(r.depth.last() - r.depth.first(), 1)) / s;
      const double in = static_cast<double>(r.pushed) / span, out = static_cast<double>(r.popped) / span;
      const double room = static_cast<double>(r.capacity) - q[3];
      to.findings.push_back(
          {.rule = name(),
           .how = weight::warning,
           .lost = static_cast<std::int64_t>(q[3] / std::max(out, 1.0) * s),
           .site = r.site,
           .from = r.depth.first(),
           .to = r.depth.last(),
           .ids = {},
           .what =
               fmt::format("takes {:.0f} per s, gives {:.0f} per s: {:.0f}, {:.0f}, {:.0f}, {:.0f} items in it on "
                           "average in the quarters of its time{}.",
                           in, out, q[0], q[1], q[2], q[3],
                           in > out && room > 0 ? fmt::format("; full in {}", duration(room / (in - out) * s)) : ""),
           .advice = "Add consumers (for_each(weir::par{n}, f) over the channel), take several at a time "
                     "(receive_up_to, batch), or let the producer wait: send() does when the channel is full."});
    }
    if (!judged) to.silent.push_back({name(), fmt::format("no queue took {} items over 40 ms", grouped(enough))});
  }

  std::map<std::uint64_t, row> rows_;
};

class deaf_producer final : public rule {
  static constexpr std::int64_t too_long = 1'000'000'000;

  struct row {
    std::uint32_t site = 0;
    std::int64_t since = -1, from = 0, to = 0, over = 0, longest = 0;
    std::uint64_t pushed_now = 0, pushed = 0, dropped = 0;
  };

  [[nodiscard]] const char* name() const override { return "ignored-backpressure"; }
  [[nodiscard]] std::uint32_t needs() const override { return weir::detail::trace_category::io; }
  void see(const moment& m, const cast&) override {
    if (m.what == event::queue_open) rows_.erase(m.id);
    if (m.what == event::queue_high) {
      row& r = rows_[m.id];
      r.site = m.site;
      if (r.since < 0) r.since = m.at, r.pushed_now = 0;
    } else if (const auto at = rows_.find(m.id); at != rows_.end()) {
      if (m.what == event::queue_push) at->second.pushed_now += low(m.arg);
      if (m.what == event::queue_full && m.flags == 2) ++at->second.dropped;
      if (m.what == event::queue_low || m.what == event::queue_close) end(at->second, m.at);
    }
  }
  static void end(row& r, std::int64_t at) {
    if (r.since < 0) return;
    const std::int64_t over = at - r.since;
    if (over >= too_long && r.pushed_now != 0) {
      if (r.over == 0) r.from = r.since;
      r.to = at;
      r.over += over;
      r.longest = std::max(r.longest, over);
      r.pushed += r.pushed_now;
    }
    r.since = -1;
  }
  void judge(std::int64_t last, const cast&, diagnosis& to) override {
    for (auto& [id, r] : rows_) {
      end(r, last);
      if (r.over == 0) continue;
      to.findings.push_back(
          {.rule = name(),
           .how = weight::warning,
           .lost = r.over,
           .site = r.site,
           .from = r.from,
           .to = r.to,
           .ids = {},
           .what = fmt::format("was above its high watermark for {}, {} at the longest (from 1 s on it counts), and {} "
                               "items came in meanwhile; {} were dropped.",
                               duration(r.over), duration(r.longest), grouped(r.pushed), grouped(r.dropped)),
           .advice = "The producer is told and goes on: await send() or ready() instead of try_send(), or pause it in "
                     "on_high and go on in on_low."});
    }
  }

  std::map<std::uint64_t, row> rows_;
};

}  // namespace

std::unique_ptr<rule> growing_queue() { return std::make_unique<growth>(); }
std::unique_ptr<rule> ignored_backpressure() { return std::make_unique<deaf_producer>(); }

}  // namespace weir_tool

#include "trace/summary.hpp"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <ctime>

#include "trace/clock.hpp"
#include "trace/sites.hpp"

namespace weir::inline v0::tracing {
namespace {

using detail::event;

constexpr std::size_t most_followed = std::size_t{1} << 20U;
constexpr std::size_t most_lags = std::size_t{1} << 20U;
constexpr std::size_t rows = 10;

constexpr std::array<const char*, 18> causes{"other",           "timer", "io",        "limiter", "queue (send)",
                                             "queue (receive)", "child", "group",     "room",    "cpu call",
                                             "blocking call",   "lock",  "condition", "(13)",    "(14)",
                                             "callback",        "yield", "move"};

[[gnu::format(printf, 2, 3)]] void append(std::string& to, const char* format, ...) {
  std::array<char, 400> line{};
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line.data(), line.size(), format, arguments);
  va_end(arguments);
  to += line.data();
}

std::string site_text(std::uint32_t site) {
  if (site == site_table::none || site >= site_slots) return "(no name)";
  const site_slot& s = the_sites[site];
  std::string text{name_of(s).substr(0, 60)};
  if (s.line == 0) return text;
  const std::string_view file = file_of(s);
  const std::size_t slash = file.rfind('/');
  text.append("  ").append(slash == std::string_view::npos ? file : file.substr(slash + 1));
  return text.append(":").append(std::to_string(s.line));
}

template <class Key, class Total>
std::vector<std::pair<Key, Total>> largest(const std::unordered_map<Key, Total>& all) {
  std::vector<std::pair<Key, Total>> sorted{all.begin(), all.end()};
  std::ranges::sort(sorted, [](const auto& a, const auto& b) { return a.second.ticks > b.second.ticks; });
  sorted.resize(std::min(sorted.size(), rows));
  return sorted;
}

}  // namespace

void summary::total::add(std::uint64_t t) noexcept {
  ++count;
  ticks += t;
  longest = std::max(longest, t);
}

void summary::take(const thread_entry& from, std::span<const event_record> events) {
  for (const event_record& e : events) round_.push_back({round_.size(), from.thread, e});
}

void summary::round_ended(std::uint64_t /*homeless*/) {
  std::ranges::sort(round_, {}, [](const heard& h) { return std::pair{h.event.ticks, h.order}; });
  for (const heard& h : round_) hear(h.thread, h.event);
  round_.clear();
}

summary::follow* summary::find(std::uint64_t id) {
  const auto at = tasks_.find(id);
  if (at != tasks_.end()) return &at->second;
  return tasks_.size() < most_followed ? &tasks_[id] : nullptr;
}

void summary::wait_ends(follow& task, std::uint64_t at) {
  if (!std::exchange(task.waits, false)) return;
  waits_[std::uint64_t{task.cause} << 32U | task.wait_site].add(at > task.since ? at - task.since : 0);
}

void summary::open(std::vector<running>& stack, const event_record& e, std::uint32_t site) {
  if (stack.size() < 1024) stack.push_back({e.id, site, e.ticks});
}

void summary::close(std::vector<running>& stack, const event_record& e) {
  const auto at = std::ranges::find(stack.rbegin(), stack.rend(), e.id, &running::id);
  if (at == stack.rend()) return;
  runs_[at->site].add(e.ticks - at->since);
  stack.erase(std::prev(at.base()), stack.end());
}

void summary::hear(std::uint32_t thread, const event_record& e) {
  if (threads_.size() <= thread) threads_.resize(thread + std::size_t{1});
  std::vector<running>& stack = threads_[thread];
  ++events_;
  switch (static_cast<event>(e.what)) {
    case event::lost:
      lost_ += e.arg;
      stack.clear();
      break;
    case event::spawn:
      ++spawned_;
      if ((e.flags & 1U) == 0) break;
      if (follow* const task = find(e.id)) *task = {e.site, 0, 0, false, 0};
      break;
    case event::begin:
      open(stack, e, e.site);
      break;
    case event::resume:
      if (follow* const task = find(e.id)) {
        wait_ends(*task, e.ticks);
        open(stack, e, task->site);
      }
      break;
    case event::suspend:
      close(stack, e);
      if (follow* const task = find(e.id)) {
        task->wait_site = e.site;
        task->cause = e.flags;
        task->waits = true;
        task->since = e.ticks;
      }
      break;
    case event::end:
      close(stack, e);
      tasks_.erase(e.id);
      ++ended_;
      break;
    case event::tick:
      ++ticks_seen_;
      if (const auto us = static_cast<std::uint32_t>((e.id & 0xFFFFFFFFU) / 1000); us != 0 && lags_.size() < most_lags)
        lags_.push_back(us);
      break;
    default:
      break;
  }
}

std::string summary::text(const sync_point& end, std::uint64_t homeless) const {
  const auto ms = [&](std::uint64_t t) {
    return static_cast<double>(ns_since(about_.start, end, about_.start.ticks + t)) / 1e6;
  };
  const double wall = static_cast<double>(end.monotonic - about_.start.monotonic) / 1e6;
  const double cpu = static_cast<double>(ns_of(CLOCK_PROCESS_CPUTIME_ID)) / 1e6;
  const double own = static_cast<double>(events_) * about_.event_cost_ps / 1e9;
  const std::uint64_t missing = lost_ + homeless;
  std::string all;
  append(all,
         "weir: trace of %.3f s: %llu events, %llu lost, %zu threads; recording them took about %.2f %% of %.3f s of "
         "CPU\n",
         wall / 1e3, static_cast<unsigned long long>(events_), static_cast<unsigned long long>(missing),
         threads_.size(), cpu > 0 ? 100 * own / cpu : 0.0, cpu / 1e3);
  append(all, "  started %llu, ended %llu; alive %zu\n", static_cast<unsigned long long>(spawned_),
         static_cast<unsigned long long>(ended_), tasks_.size());
  if (!runs_.empty()) append(all, "  ran            times   total ms  longest ms\n");
  for (const auto& [site, t] : largest(runs_))
    append(all, "    %16llu %10.3f %11.3f  %s\n", static_cast<unsigned long long>(t.count), ms(t.ticks), ms(t.longest),
           site_text(site).c_str());
  if (!waits_.empty()) append(all, "  waited         times   total ms  longest ms\n");
  for (const auto& [key, t] : largest(waits_))
    append(all, "    %16llu %10.3f %11.3f  %s, at %s\n", static_cast<unsigned long long>(t.count), ms(t.ticks),
           ms(t.longest), causes[std::min<std::size_t>(key >> 32U, causes.size() - 1)],
           site_text(static_cast<std::uint32_t>(key)).c_str());
  std::vector<std::uint32_t> lags = lags_;
  std::ranges::sort(lags);
  const auto late = [&](double part) {
    const auto from_top = static_cast<std::size_t>(static_cast<double>(ticks_seen_) * (1 - part));
    return lags.size() > from_top ? lags[lags.size() - 1 - from_top] / 1e3 : 0.0;
  };
  if (ticks_seen_ != 0)
    append(all, "  reactor        %llu turns; lag p50 %.3f ms, p99 %.3f ms, worst %.3f ms\n",
           static_cast<unsigned long long>(ticks_seen_), late(0.5), late(0.99), late(1));
  if (missing != 0) append(all, "  events were lost: the figures above are too small\n");
  return all;
}

void summary::finish(std::uint64_t homeless) {
  round_ended(homeless);
  const std::string all = text(sync_clocks(), homeless);
  std::fwrite(all.data(), 1, all.size(), stderr);
}

}  // namespace weir::inline v0::tracing

#include "support/paired.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "support/interval.hpp"

namespace bench {
namespace {

using clock = std::chrono::steady_clock;

double seconds_since(clock::time_point start) { return std::chrono::duration<double>(clock::now() - start).count(); }

/// What a time in seconds is multiplied with to be in the unit.
double scale(std::string_view unit) {
  if (unit.starts_with("ns")) return 1e9;
  if (unit.starts_with("us")) return 1e6;
  if (unit.starts_with("ms")) return 1e3;
  if (unit.starts_with("s")) return 1;
  std::fprintf(stderr, "bench: '%.*s' does not begin with ns, us, ms or s\n", static_cast<int>(unit.size()),
               unit.data());
  std::exit(2);
}

/// One of the two: runs, checks, and knows how often it fits into a sample.
class side {
 public:
  side(const std::string& name, const std::function<std::uint64_t()>& work, const pair& p, double items)
      : name_(name), work_(work), pair_(p), items_(items) {}

  /// Warms up and finds out how many calls a sample of that length takes.
  void calibrate(double sample_s, std::optional<std::uint64_t>& reference) {
    const double once = run(1, reference);  // cold: threads start, pools fill
    const double warm = std::min(once, run(1, reference));
    calls_ = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(sample_s / std::max(warm, 1e-9))));
    if (calls_ > 1) {  // a single short call says little: measure a tenth of a sample and correct
      const std::uint64_t some = std::max<std::uint64_t>(1, calls_ / 10);
      const double each = run(some, reference) / static_cast<double>(some);
      calls_ = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(sample_s / std::max(each, 1e-9))));
    }
  }

  /// Seconds per item of one sample.
  void sample(std::optional<std::uint64_t>& reference) {
    samples_.push_back(run(calls_, reference) / (static_cast<double>(calls_) * items_));
  }

  [[nodiscard]] const std::vector<double>& samples() const noexcept { return samples_; }

 private:
  double run(std::uint64_t calls, std::optional<std::uint64_t>& reference) {
    if (pair_.before) return run_prepared(calls, reference);
    const auto start = clock::now();
    for (std::uint64_t i = 0; i < calls; ++i) check(work_(), reference);
    return seconds_since(start);
  }

  double run_prepared(std::uint64_t calls, std::optional<std::uint64_t>& reference) {
    double total = 0;
    for (std::uint64_t i = 0; i < calls; ++i) {
      pair_.before();
      const auto start = clock::now();
      const std::uint64_t result = work_();
      total += seconds_since(start);
      check(result, reference);
    }
    return total;
  }

  void check(std::uint64_t result, std::optional<std::uint64_t>& reference) {
    if (!reference) reference = result;
    if (pair_.correct ? pair_.correct(result) : result == *reference) return;
    std::fprintf(stderr, "bench: %s: wrong result %llu from %s\n", pair_.name.c_str(),
                 static_cast<unsigned long long>(result), name_.c_str());
    std::abort();
  }

  const std::string& name_;
  const std::function<std::uint64_t()>& work_;
  const pair& pair_;
  const double items_;
  std::uint64_t calls_ = 1;
  std::vector<double> samples_;
};

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string number(double value, bool present = true) {
  if (!present || !std::isfinite(value)) return "null";
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::string json_of(const row& r) {
  const bool peer = !r.peer_name.empty();
  return "{\"case\": " + quoted(r.name) + ", \"unit\": " + quoted(r.unit) +
         ", \"workers\": " + std::to_string(r.workers) +
         ", \"allocator\": \"" BENCH_ALLOCATOR "\", \"ours\": " + number(r.ours) +
         ", \"peer\": " + number(r.peer, peer) + ", \"peer_name\": " + (peer ? quoted(r.peer_name) : "null") +
         ", \"ratio\": " + number(r.ratio, peer) + ", \"spread\": " + number(r.spread) +
         ", \"low\": " + number(r.low, r.high > 0) + ", \"high\": " + number(r.high, r.high > 0) +
         ", \"target\": " + number(r.target, r.target > 0) +
         ", \"by_interval\": " + (r.by_interval ? "true" : "false") + ", \"met\": " + (r.met ? "true" : "false") + "}";
}

bool met(const row& r) {
  if (r.target <= 0) return true;
  if (r.peer_name.empty()) return r.ours <= r.target;
  return (r.by_interval ? r.low : r.ratio) >= r.target;
}

}  // namespace

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 != 0 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double median_absolute_deviation(const std::vector<double>& values) {
  const double center = median(values);
  std::vector<double> deviations;
  deviations.reserve(values.size());
  for (const double v : values) deviations.push_back(std::abs(v - center));
  return median(std::move(deviations));
}

void set_ratio(row& r, const std::vector<double>& ours, std::vector<double> peer) {
  for (std::size_t i = 0; i < peer.size(); ++i) peer[i] /= ours[i];
  const auto [low, high] = median_interval(peer);
  r.ratio = median(peer);
  r.spread = median_absolute_deviation(peer) / r.ratio;
  r.low = low;
  r.high = high;
}

suite::suite(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view a = argv[i];
    if (a == "--quick") {
      quick_ = true;
      rounds_ = 3;
      sample_s_ = 0.05;
    } else if (a == "--list") {
      list_ = true;
    } else if (a.starts_with("--filter=")) {
      filter_ = a.substr(9);
    } else if (a.starts_with("--json=")) {
      json_ = a.substr(7);
    } else if (a.starts_with("--rounds=") && std::atoi(argv[i] + 9) > 0) {
      rounds_ = static_cast<unsigned>(std::atoi(argv[i] + 9));
    } else {
      std::fprintf(stderr, "usage: %s [--filter=TEXT] [--quick] [--rounds=K] [--json=FILE] [--list]\n", argv[0]);
      std::exit(2);
    }
  }
}

bool suite::wants(const std::string& name) const { return name.find(filter_) != std::string::npos; }

row suite::compare(const pair& p) {
  if (!wants(p.name)) return {};
  if (list_) {
    std::printf("%s\n", p.name.c_str());
    return {};
  }
  if (p.setup) p.setup();
  const double unit = scale(p.unit);
  std::optional<std::uint64_t> reference;
  side ours("ours", p.ours, p, p.items), peer(p.peer_name, p.peer, p, p.peer_items > 0 ? p.peer_items : p.items);
  ours.calibrate(sample_s_, reference);
  if (p.peer) peer.calibrate(sample_s_, reference);
  for (unsigned round = 0; round < rounds_; ++round) {
    ours.sample(reference);
    if (p.peer) peer.sample(reference);
  }
  row r{
      .name = p.name, .unit = p.unit, .workers = p.workers, .ours = median(ours.samples()) * unit, .target = p.target};
  if (p.peer) {
    r.peer = median(peer.samples()) * unit;
    r.peer_name = p.peer_name;
    set_ratio(r, ours.samples(), peer.samples());
  } else {
    r.spread = median_absolute_deviation(ours.samples()) / median(ours.samples());
  }
  r.by_interval = p.by_interval;
  r.met = met(r);
  print(r);
  rows_.push_back(r);
  return r;
}

void suite::report(const row& measured) {
  if (!wants(measured.name)) return;
  if (list_) {
    std::printf("%s\n", measured.name.c_str());
    return;
  }
  row r = measured;
  if (!r.peer_name.empty() && r.ratio == 0 && r.ours > 0) r.ratio = r.peer / r.ours;
  r.met = met(r);
  print(r);
  rows_.push_back(r);
}

void suite::print(const row& r) {
  if (!header_) {
    std::printf("# %s, allocator " BENCH_ALLOCATOR "%s\n", BENCH_COMPILER, quick_ ? ", --quick: not for quoting" : "");
    std::printf("%-44s %-10s %2s %12s %12s %7s %6s  %s\n", "case", "unit", "W", "ours", "peer", "ratio", "+-%",
                "peer, target");
    header_ = true;
  }
  char peer[32] = "-", ratio[32] = "-", target[80] = "";
  if (!r.peer_name.empty()) {
    std::snprintf(peer, sizeof peer, "%.4g", r.peer);
    std::snprintf(ratio, sizeof ratio, "%.2fx", r.ratio);
  }
  if (r.target > 0) {
    std::snprintf(target, sizeof target, r.peer_name.empty() ? "%s <= %.4g: %s" : "%s >= %.4gx: %s",
                  r.peer_name.empty() ? "" : ",", r.target, r.met ? "met" : "MISSED");
  }
  if (r.by_interval)
    std::snprintf(target, sizeof target, ", 95 %% interval begins at %.3fx >= %.3gx: %s", r.low, r.target,
                  r.met ? "met" : "MISSED");
  std::printf("%-44s %-10s %2u %12.4g %12s %7s %6.1f  %s%s\n", r.name.c_str(), r.unit.c_str(), r.workers, r.ours, peer,
              ratio, r.spread * 100, r.peer_name.c_str(), target);
  std::fflush(stdout);
}

int suite::finish() {
  if (!json_.empty()) {
    std::FILE* file = std::fopen(json_.c_str(), "w");
    if (file == nullptr) {
      std::perror(json_.c_str());
      return 2;
    }
    std::fputs("[", file);
    for (std::size_t i = 0; i < rows_.size(); ++i)
      std::fprintf(file, "%s\n  %s", i == 0 ? "" : ",", json_of(rows_[i]).c_str());
    std::fputs("\n]\n", file);
    if (std::fclose(file) != 0) {
      std::perror(json_.c_str());
      return 2;
    }
  }
  const bool missed = std::any_of(rows_.begin(), rows_.end(), [](const row& r) { return !r.met; });
  return missed && !quick_ ? 1 : 0;
}

}  // namespace bench

#include "support/contest.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace bench {
namespace {

using clock = std::chrono::steady_clock;

// Seconds per item of calls that do n items in all.
double measure(const contest& c, const contestant& who, std::uint64_t n) {
  const auto start = clock::now();
  for (std::uint64_t left = n; left > 0;) {
    const std::uint64_t some = std::min(left, who.at_most);
    const std::uint64_t result = who.work(some);
    if (!c.correct(some, result)) {
      std::fprintf(stderr, "bench: %s: wrong result %llu of %llu items from %s\n", c.name.c_str(),
                   static_cast<unsigned long long>(result), static_cast<unsigned long long>(some), who.name.c_str());
      std::abort();
    }
    left -= some;
  }
  return std::chrono::duration<double>(clock::now() - start).count() / static_cast<double>(n);
}

// How many items fill a sample: from calls that grow until one takes a tenth of it, so that cold starts do not count.
std::uint64_t calibrate(const contest& c, const contestant& who, double sample_s) {
  std::uint64_t n = 64;
  double each = measure(c, who, n);
  while (each * static_cast<double>(n) < sample_s / 10) {
    n *= 4;
    each = measure(c, who, n);
  }
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(sample_s * 1.05 / each)));
}

double scale(const std::string& unit) { return unit.starts_with("us") ? 1e6 : 1e9; }

}  // namespace

void contest::run(suite& s) const {
  if (!s.runs(name)) return s.report({.name = name});  // lists it, or nothing
  std::vector<const contestant*> all{&ours};
  for (const contestant& p : peers) all.push_back(&p);
  std::vector<std::uint64_t> items;
  for (const contestant* who : all) items.push_back(calibrate(*this, *who, s.sample_seconds()));
  std::vector<std::vector<double>> samples(all.size());
  for (unsigned round = 0; round < s.rounds(); ++round)
    for (std::size_t i = 0; i < all.size(); ++i) samples[i].push_back(measure(*this, *all[i], items[i]));

  const double unit_scale = scale(unit);
  row r{.name = name, .unit = unit, .workers = workers, .ours = median(samples[0]) * unit_scale};
  r.spread = median_absolute_deviation(samples[0]) / median(samples[0]);
  r.target = ours.most;
  s.report(r);
  for (std::size_t i = 1; i < all.size(); ++i) {
    r.peer = median(samples[i]) * unit_scale;
    r.peer_name = all[i]->name;
    set_ratio(r, samples[0], samples[i]);
    r.target = all[i]->least;
    r.by_interval = all[i]->by_interval;
    s.report(r);
  }
}

}  // namespace bench

#include "support/latency.hpp"

#include <algorithm>
#include <thread>

namespace bench {
namespace {

using clock = std::chrono::steady_clock;

double percentile(std::vector<double> values, double p) {
  const auto at = static_cast<std::ptrdiff_t>(p * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

struct record {
  std::vector<double> p50s = {}, all = {};
};

void block(const latency& l, const traveller& who, record& r) {
  std::vector<double> us;
  for (unsigned i = 0; i < l.warm_up + l.trips; ++i) {
    if (l.pause.count() > 0) std::this_thread::sleep_for(l.pause);
    const auto start = clock::now();
    who.trip();
    const double took = std::chrono::duration<double, std::micro>(clock::now() - start).count();
    if (i >= l.warm_up) us.push_back(took);
  }
  r.p50s.push_back(percentile(us, 0.5));
  r.all.insert(r.all.end(), us.begin(), us.end());
}

}  // namespace

void latency::run(suite& s) const {
  if (!s.runs(name)) return s.report({.name = name});
  std::vector<const traveller*> all{&ours};
  for (const traveller& p : peers) all.push_back(&p);
  std::vector<record> records(all.size());
  for (unsigned round = 0; round < s.rounds(); ++round)
    for (std::size_t i = 0; i < all.size(); ++i) block(*this, *all[i], records[i]);

  row p50{.name = name, .unit = "us", .workers = workers, .ours = percentile(records[0].all, 0.5)};
  p50.spread = median_absolute_deviation(records[0].p50s) / median(records[0].p50s);
  p50.target = most_us;
  s.report(p50);
  row p99{.name = name + "/p99", .unit = "us", .workers = workers, .ours = percentile(records[0].all, 0.99)};
  s.report(p99);
  for (std::size_t i = 1; i < all.size(); ++i) {
    row r = p50;
    r.peer = percentile(records[i].all, 0.5);
    r.peer_name = all[i]->name;
    set_ratio(r, records[0].p50s, records[i].p50s);
    r.target = all[i]->least;
    s.report(r);
    r = p99;
    r.peer = percentile(records[i].all, 0.99);
    r.peer_name = all[i]->name;
    s.report(r);
  }
}

}  // namespace bench

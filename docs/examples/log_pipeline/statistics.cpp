#include "statistics.hpp"

namespace log_pipeline {

void minute_statistics::add(const minute_statistics& other) noexcept {
  lines += other.lines;
  failed += other.failed;
  latency_sum_us += other.latency_sum_us;
}

void statistics::add(const record& r, category c) {
  service_statistics& s = service(r.service);
  ++s.by_category[static_cast<std::size_t>(c)];
  s.latency_sum_us += r.latency_us;
  s.latency_us.add(r.latency_us);

  const std::int64_t number = r.ts_ms / 60'000;
  if (number != s.recent_minute) {
    s.recent = &minute(s, number);
    s.recent_minute = number;
  }
  s.recent->add({1, c == category::failed ? 1U : 0U, r.latency_us});
}

void statistics::merge(const statistics& other) {
  for (const auto& [name, from] : other.services_) {
    service_statistics& to = service(name);
    for (std::size_t i = 0; i < categories; ++i) to.by_category[i] += from.by_category[i];
    to.latency_sum_us += from.latency_sum_us;
    to.latency_us.merge(from.latency_us);
    for (const auto& [number, counts] : from.minutes) minute(to, number).add(counts);
  }
}

service_statistics& statistics::service(std::string_view name) {
  if (const auto found = services_.find(name); found != services_.end()) return found->second;
  return services_[services_.size() < max_services ? std::string{name} : std::string{"(other)"}];
}

minute_statistics& statistics::minute(service_statistics& of, std::int64_t number) {
  if (const auto found = of.minutes.find(number); found != of.minutes.end()) return found->second;
  if (minutes_ >= max_minutes) return of.minutes[other_minute];
  ++minutes_;
  return of.minutes[number];
}

}  // namespace log_pipeline

// statistics.hpp - what the report says about the services, counted by each worker for itself and merged at the end.
//
// Bounded whatever the input says: after max_services names, and after max_minutes (service, minute) pairs, what is
// new counts under the name "(other)", or the minute `other_minute`.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "histogram.hpp"
#include "record.hpp"

namespace log_pipeline {

struct minute_statistics {
  std::uint64_t lines = 0;
  std::uint64_t failed = 0;
  std::uint64_t latency_sum_us = 0;

  void add(const minute_statistics& other) noexcept;
};

struct service_statistics {
  std::array<std::uint64_t, categories> by_category{};
  std::uint64_t latency_sum_us = 0;
  histogram latency_us;
  std::unordered_map<std::int64_t, minute_statistics> minutes;  ///< key: minutes since 1970

  /// Lines stay in a minute for long; the last one is remembered (nodes of the map do not move).
  std::int64_t recent_minute = -2;
  minute_statistics* recent = nullptr;

  [[nodiscard]] std::uint64_t lines() const noexcept { return latency_us.total(); }
  [[nodiscard]] std::uint64_t failed() const noexcept { return by_category[static_cast<int>(category::failed)]; }
};

/// One thread at a time.
class statistics {
 public:
  static constexpr std::size_t max_services = 256;
  static constexpr std::size_t max_minutes = 1 << 16;
  static constexpr std::int64_t other_minute = -1;

  void add(const record& r, category c);
  void merge(const statistics& other);

  struct name_hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using service_map = std::unordered_map<std::string, service_statistics, name_hash, std::equal_to<>>;
  [[nodiscard]] const service_map& services() const noexcept { return services_; }

 private:
  service_statistics& service(std::string_view name);
  minute_statistics& minute(service_statistics& of, std::int64_t number);

  service_map services_;
  std::size_t minutes_ = 0;
};

}  // namespace log_pipeline

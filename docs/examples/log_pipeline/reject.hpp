// reject.hpp - why a line was not passed on. Every line that comes in either goes out or has one of these.
#pragma once

#include <cstdint>
#include <string_view>

namespace log_pipeline {

enum class reject : std::uint8_t {
  none,
  empty,
  not_json,
  not_an_object,
  missing_field,
  duplicate_field,
  already_enriched,
  bad_ts,
  bad_level,
  bad_service,
  bad_status,
  bad_latency,
  bad_ip,
  bad_path,
  bad_message,
  too_long,
  too_long_beside_others,
  cut_off,
  unwritten,
};

constexpr std::string_view to_string(reject why) noexcept {
  switch (why) {
    case reject::none:
      return "accepted";
    case reject::empty:
      return "empty line";
    case reject::not_json:
      return "not valid JSON";
    case reject::not_an_object:
      return "not a JSON object";
    case reject::missing_field:
      return "a field is missing";
    case reject::duplicate_field:
      return "a field appears twice";
    case reject::already_enriched:
      return "carries \"class\" or \"fingerprint\" already";
    case reject::bad_ts:
      return "\"ts\" is not a time in milliseconds since 1970";
    case reject::bad_level:
      return "\"level\" is not one of debug, info, warn, error";
    case reject::bad_service:
      return "\"service\" is not a name of 1 to 64 characters a-z 0-9 _ . -";
    case reject::bad_status:
      return "\"status\" is not an integer from 100 to 599";
    case reject::bad_latency:
      return "\"latency\" is not an integer from 0 to 3600000000 (microseconds)";
    case reject::bad_ip:
      return "\"ip\" is not an IPv4 or IPv6 address";
    case reject::bad_path:
      return "\"path\" is not a string that starts with /";
    case reject::bad_message:
      return "\"msg\" is not a string";
    case reject::too_long:
      return "longer than 1 MiB";
    case reject::too_long_beside_others:
      return "too long: the unfinished lines of all clients take 16 MiB";
    case reject::cut_off:
      return "cut off: the reading ended inside this line";
    case reject::unwritten:
      return "read, but the output failed";
  }
  return "unknown";
}

}  // namespace log_pipeline

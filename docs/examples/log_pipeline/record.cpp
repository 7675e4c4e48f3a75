#include "record.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace log_pipeline {
namespace {

using simdjson::dom::element;

constexpr std::int64_t end_of_year_9999 = 253'402'300'800'000;
constexpr std::int64_t hour_us = 3'600'000'000;

enum field : unsigned { ts, level_, service, status, latency, ip, path, msg, required };
constexpr std::array<std::string_view, required> names = {"ts",      "level", "service", "status",
                                                          "latency", "ip",    "path",    "msg"};

field field_named(std::string_view key) noexcept {
  return static_cast<field>(std::find(names.begin(), names.end(), key) - names.begin());
}

bool read_integer(element value, std::int64_t low, std::int64_t high, std::int64_t& out) noexcept {
  return value.get(out) == simdjson::SUCCESS && low <= out && out <= high;
}

reject read_ts(element value, record& out) noexcept {
  return read_integer(value, 0, end_of_year_9999 - 1, out.ts_ms) ? reject::none : reject::bad_ts;
}

reject read_level(element value, record& out) noexcept {
  constexpr std::string_view levels[] = {"debug", "info", "warn", "error"};
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return reject::bad_level;
  const auto found = std::find(std::begin(levels), std::end(levels), text);
  if (found == std::end(levels)) return reject::bad_level;
  out.level = static_cast<level>(found - std::begin(levels));
  return reject::none;
}

bool is_name_character(char c) noexcept {
  return ('a' <= c && c <= 'z') || ('0' <= c && c <= '9') || c == '_' || c == '.' || c == '-';
}

reject read_service(element value, record& out) noexcept {
  if (value.get(out.service) != simdjson::SUCCESS || out.service.empty() || out.service.size() > 64)
    return reject::bad_service;
  return std::all_of(out.service.begin(), out.service.end(), is_name_character) ? reject::none : reject::bad_service;
}

reject read_status(element value, record& out) noexcept {
  std::int64_t n = 0;
  if (!read_integer(value, 100, 599, n)) return reject::bad_status;
  out.status = static_cast<int>(n);
  return reject::none;
}

reject read_latency(element value, record& out) noexcept {
  std::int64_t n = 0;
  if (!read_integer(value, 0, hour_us, n)) return reject::bad_latency;
  out.latency_us = static_cast<std::uint64_t>(n);
  return reject::none;
}

reject check_ip(element value) noexcept {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS || text.size() >= INET6_ADDRSTRLEN) return reject::bad_ip;
  char terminated[INET6_ADDRSTRLEN];
  std::memcpy(terminated, text.data(), text.size());
  terminated[text.size()] = '\0';
  if (std::strlen(terminated) != text.size()) return reject::bad_ip;
  in6_addr binary;
  const int family = text.find(':') == text.npos ? AF_INET : AF_INET6;
  return ::inet_pton(family, terminated, &binary) == 1 ? reject::none : reject::bad_ip;
}

reject check_path(element value) noexcept {
  std::string_view text;
  return value.get(text) == simdjson::SUCCESS && text.starts_with('/') ? reject::none : reject::bad_path;
}

reject check_message(element value) noexcept { return value.is_string() ? reject::none : reject::bad_message; }

reject read(field which, element value, record& out) noexcept {
  switch (which) {
    case ts:
      return read_ts(value, out);
    case level_:
      return read_level(value, out);
    case service:
      return read_service(value, out);
    case status:
      return read_status(value, out);
    case latency:
      return read_latency(value, out);
    case ip:
      return check_ip(value);
    case path:
      return check_path(value);
    case msg:
      return check_message(value);
    default:
      return reject::none;
  }
}

}  // namespace

reject record_parser::parse(std::string_view line, record& out) noexcept {
  element document;
  if (json_.parse(line.data(), line.size(), false).get(document) != simdjson::SUCCESS) return reject::not_json;
  simdjson::dom::object object;
  if (document.get(object) != simdjson::SUCCESS) return reject::not_an_object;

  unsigned seen = 0;
  for (const auto [key, value] : object) {
    const field which = field_named(key);
    if (which == required) {  // not one of ours
      if (key == "class" || key == "fingerprint") return reject::already_enriched;
      continue;
    }
    if ((seen & (1U << which)) != 0) return reject::duplicate_field;
    seen |= 1U << which;
    if (const reject why = read(which, value, out); why != reject::none) return why;
  }
  return seen == (1U << required) - 1 ? reject::none : reject::missing_field;
}

}  // namespace log_pipeline

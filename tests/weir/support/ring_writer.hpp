// tests/weir/support/ring_writer.hpp - a flight recorder's file by hand.
#pragma once

#include <string>
#include <vector>

#include "weir/support/trace_writer.hpp"

namespace support {

class ring_writer {
 public:
  ring_writer() : bytes(format::first_ring_offset, '\0') {
    format::file_header h;
    h.kind = format::file_kind::rings;
    h.mask = 7;
    h.clock = format::clock_kind::monotonic;
    h.crc = format::crc32(&h, offsetof(format::file_header, crc));
    put(0, h);
  }

  void site(const std::string& name) {
    format::site_slot s;
    s.name_bytes = static_cast<std::uint16_t>(name.size());
    std::memcpy(s.text.data(), name.data(), name.size());
    put(format::sites_offset + counts_.site_count++ * sizeof s, s);
    put(128, counts_);
  }

  /// A ring into which `events` were written one after the other, by these tenants. Returns its offset.
  std::size_t ring(std::uint64_t capacity, const std::vector<format::event_record>& events,
                   const std::vector<format::tenant_slot>& tenants, std::uint64_t base = 0) {
    const std::size_t at = bytes.size();
    bytes.resize(at + format::ring_header_bytes + capacity * sizeof(format::event_record), '\0');
    put(format::rings_offset + counts_.ring_count * sizeof(format::ring_slot), format::ring_slot{at, capacity});
    put(at, format::ring_magic);
    put(at + 4, counts_.ring_count++);
    put(at + 8, capacity);
    put(at + format::ring_base_at, base);
    put(at + format::ring_tenants_at, std::uint64_t{tenants.size()});
    put(at + format::ring_head_at, std::uint64_t{events.size()});
    for (std::size_t i = 0; i < tenants.size(); ++i)
      put(at + format::ring_slots_at + i % format::tenant_slots * sizeof tenants[i], tenants[i]);
    for (std::size_t n = 0; n < events.size(); ++n)
      put(at + format::ring_header_bytes + n % capacity * sizeof events[n], events[n]);
    put(128, counts_);
    return at;
  }

  template <class T>
  void put(std::size_t at, const T& object) {
    std::memcpy(bytes.data() + at, &object, sizeof object);
  }

  std::string bytes;

 private:
  format::rings_header counts_;
};

/// n marks, a tick apart, whose arg is their number.
inline std::vector<format::event_record> marks(std::uint64_t n) {
  std::vector<format::event_record> all;
  for (std::uint64_t i = 0; i < n; ++i) all.push_back({1'000 + i, 2, 0, 0, 0, i});
  return all;
}

}  // namespace support

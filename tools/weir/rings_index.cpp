// The index of a flight recorder's file: tables at fixed offsets, and the rings they name. It may be written meanwhile.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "lane.hpp"
#include "trace_file.hpp"

namespace weir_tool {
namespace {

struct ring_header {
  std::uint64_t capacity = 0;
  std::uint64_t base = 0;
  std::uint64_t tenants = 0;
  std::uint64_t head = 0;
  std::array<format::tenant_slot, format::tenant_slots> slots{};
};

template <class T>
T field(const std::vector<char>& bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

/// An empty capacity: the ring is damaged, and that is noted.
ring_header read_ring(trace_file& trace, format::ring_slot where) {
  ring_header r;
  const auto bad = [&](const char* why) {
    trace.damaged(where.offset, std::string{"a ring is left out: "} + why);
    return ring_header{};
  };
  const std::uint64_t size = trace.in.size();
  if (where.offset < format::first_ring_offset || where.offset > size ||
      size - where.offset < format::ring_header_bytes || !std::has_single_bit(where.capacity) ||
      where.capacity > (size - where.offset - format::ring_header_bytes) / sizeof(format::event_record))
    return bad("its place or its capacity is beyond the file");
  std::vector<char> bytes(format::ring_header_bytes);
  if (trace.in.read(where.offset, bytes.data(), bytes.size()) != bytes.size()) return bad("the file became shorter");
  r.capacity = field<std::uint64_t>(bytes, 8);
  if (field<std::uint32_t>(bytes, 0) != format::ring_magic || r.capacity != where.capacity)
    return bad("its header has no magic, or another capacity than the table");
  r.base = field<std::uint64_t>(bytes, format::ring_base_at);
  r.tenants = field<std::uint64_t>(bytes, format::ring_tenants_at);
  r.head = field<std::uint64_t>(bytes, format::ring_head_at);
  std::memcpy(r.slots.data(), bytes.data() + format::ring_slots_at, sizeof r.slots);
  if (r.base > r.head) return bad("its base is above its head");
  return r;
}

/// Notes [from, to) of the ring as events of the thread, in one piece or, across the ring's end, in two.
void add_extents(lane& l, std::uint32_t thread, std::uint64_t from, std::uint64_t to) {
  while (from < to) {
    const std::uint64_t slot = from % l.capacity;
    const std::uint64_t n = std::min({to - from, l.capacity - slot, std::uint64_t{1} << 30});
    l.extents.push_back({l.ring + format::ring_header_bytes + slot * sizeof(format::event_record), from,
                         static_cast<std::uint32_t>(n), thread});
    from += n;
  }
}

struct contents {
  std::uint64_t lost = 0;
  bool has_type_0 = false;
};

contents look_through(const trace_file& trace, const lane& l) {
  contents found;
  cursor at{trace, l};
  for (cursor::item i; at.next(i);) {
    if (i.record.what == static_cast<unsigned>(weir::detail::event::lost)) found.lost += i.record.arg;
    if (i.record.what == 0) found.has_type_0 = true;
  }
  return found;
}

void index_ring(trace_file& trace, format::ring_slot where) {
  const ring_header r = read_ring(trace, where);
  if (r.capacity == 0) return;
  const std::uint64_t kept = r.head >= r.capacity ? r.head - r.capacity + 1 : 0;
  std::uint64_t first = std::max(r.base, kept);
  lane l{{}, where.offset, r.capacity};
  const std::uint64_t known = std::min<std::uint64_t>(r.tenants, format::tenant_slots);
  std::uint64_t oldest = r.head;
  for (std::uint64_t i = r.tenants - known; i < r.tenants; ++i) {
    const format::tenant_slot& t = r.slots[i % format::tenant_slots];
    const bool last = i + 1 == r.tenants;
    const std::uint64_t until = last ? r.head : r.slots[(i + 1) % format::tenant_slots].first;
    if (t.first > r.head || until > r.head || until < t.first)
      return trace.damaged(where.offset, "a ring is left out: a tenant's first event is above its head");
    trace.threads[t.thread] = {t.tid, text_of(t.name.data(), t.name.size())};
    oldest = std::min(oldest, t.first);
    add_extents(l, t.thread, std::max(first, t.first), until);
  }
  const contents found = look_through(trace, l);
  if (found.has_type_0) return trace.damaged(where.offset, "a ring is left out: it has an event of type 0");
  first = std::max(first, oldest);
  trace.lost += found.lost;
  trace.overwritten += first - r.base;
  trace.events += r.head - first;
  if (!l.extents.empty()) trace.lanes.push_back(std::move(l));
}

void read_sites(trace_file& trace, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    format::site_slot s;
    const std::uint64_t at = format::sites_offset + i * sizeof s;
    if (!trace.in.get(at, s)) return trace.damaged(at, "truncated inside the site table");
    if (std::size_t{s.name_bytes} + s.file_bytes > s.text.size()) {
      trace.damaged(at, "a site whose name is longer than its slot");
      continue;
    }
    trace.sites[i] = {{s.text.data(), s.name_bytes}, {s.text.data() + s.name_bytes, s.file_bytes}, s.line, s.kind};
  }
}

}  // namespace

void index_rings(trace_file& trace) {
  format::rings_header h;
  if (!trace.in.get(trace.header.header_bytes, h)) return trace.damaged(128, "truncated before the counts");
  if (h.site_count > format::site_slots || h.ring_count > format::ring_slots)
    trace.damaged(128, "more sites or rings than the tables hold");
  trace.homeless = h.homeless;
  for (std::uint64_t i = h.sync_count - std::min<std::uint64_t>(h.sync_count, format::sync_slots); i < h.sync_count;
       ++i) {
    format::sync_point p;
    if (trace.in.get(format::sync_offset + i % format::sync_slots * sizeof p, p)) trace.syncs.push_back(p);
  }
  read_sites(trace, std::min<std::uint32_t>(h.site_count, format::site_slots));
  for (std::uint32_t i = 0; i < std::min<std::uint32_t>(h.ring_count, format::ring_slots); ++i) {
    format::ring_slot where;
    const std::uint64_t at = format::rings_offset + i * sizeof where;
    if (!trace.in.get(at, where)) return trace.damaged(at, "truncated inside the table of rings");
    index_ring(trace, where);
  }
}

}  // namespace weir_tool

// trace/format.hpp - the bytes of a .wtr file, for its writer and for its readers.             [floor: trace]
//
//   stream   file_header  generation*  [end]         generation = blocks: begin, (sites | threads | events)*, end
//   rings    file_header  rings_header  tables  ring*          a flight recorder's file, written in place
//
// Little-endian, naturally aligned, no padding that is not named. docs/reference/trace-format.md is the whole contract;
// this header knows nothing of the rest of weir, so that the tools can include it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <weir/detail/trace_event.hpp>

namespace weir::inline v0::tracing {

inline constexpr std::array<unsigned char, 8> file_magic{0x89, 'W', 'T', 'R', '\r', '\n', 0x1A, '\n'};
inline constexpr std::uint16_t version_major = 1;  ///< a reader refuses another one
inline constexpr std::uint16_t version_minor = 0;  ///< a higher one has added event types, block types, or fields
inline constexpr std::uint32_t endian_mark = 0x01020304;

enum class file_kind : std::uint32_t { stream = 1, rings = 2 };
enum class clock_kind : std::uint32_t { tsc = 1, monotonic = 2 };

/// One moment on all clocks, in ticks and in nanoseconds.
struct sync_point {
  std::uint64_t ticks = 0;
  std::uint64_t monotonic = 0;
  std::uint64_t boottime = 0;
  std::int64_t realtime = 0;
};
static_assert(sizeof(sync_point) == 32);

struct file_header {
  std::array<unsigned char, 8> magic = file_magic;
  std::uint16_t major = version_major;
  std::uint16_t minor = version_minor;
  std::uint32_t endian = endian_mark;
  file_kind kind = file_kind::stream;
  std::uint32_t header_bytes = 128;
  std::uint32_t event_bytes = 32;
  std::uint32_t mask = 0;    ///< trace_category bits
  std::uint32_t sample = 1;  ///< one root in so many
  std::uint32_t pid = 0;
  clock_kind clock = clock_kind::tsc;
  std::uint32_t event_cost_ps = 0;  ///< what one event costs its thread, calibrated at the start
  sync_point start;
  std::array<char, 24> program{};  ///< zero-padded, cut
  std::uint32_t processors = 0;    ///< usable ones
  std::array<std::uint32_t, 4> reserved{};
  std::uint32_t crc = 0;  ///< of the 124 bytes before it
};
static_assert(sizeof(file_header) == 128 && offsetof(file_header, start) == 48 && offsetof(file_header, program) == 80);

/// `what` is a detail::event; flags, id and arg as it says.
struct event_record {
  std::uint64_t ticks = 0;
  std::uint16_t what = 0;
  std::uint16_t flags = 0;
  std::uint32_t site = 0;
  std::uint64_t id = 0;
  std::uint64_t arg = 0;
};
static_assert(sizeof(event_record) == 32);

// ---- stream

inline constexpr std::uint32_t block_magic = 0x4B4C4257;  // "WBLK"

enum class block_kind : std::uint16_t { begin = 1, sites = 2, threads = 3, events = 4, end = 5, file_end = 6 };

struct block_header {
  std::uint32_t magic = block_magic;
  block_kind kind = block_kind::begin;
  std::uint16_t reserved = 0;
  std::uint32_t bytes = 0;       ///< of the payload, a multiple of 8; the next block follows it
  std::uint32_t crc = 0;         ///< of the payload
  std::uint64_t generation = 0;  ///< from 1
  std::uint32_t thread = 0;      ///< whose events
  std::uint32_t header_crc = 0;  ///< of the 28 bytes before it
};
static_assert(sizeof(block_header) == 32);

struct generation_begin {
  sync_point sync;
  std::uint32_t mask = 0;
  std::uint32_t sample = 1;
  std::array<std::uint64_t, 3> reserved{};
};
static_assert(sizeof(generation_begin) == 64);

struct generation_end {
  sync_point sync;
  std::uint64_t events = 0;    ///< in this generation's event blocks, `lost` events among them
  std::uint64_t lost = 0;      ///< sum of the `lost` events' args
  std::uint64_t homeless = 0;  ///< events of threads that had no ring, since the last generation's end
  std::uint64_t reserved = 0;
};
static_assert(sizeof(generation_end) == 64);

/// The recording was stopped; nothing is missing at the end of the file.
struct file_totals {
  std::uint64_t generations = 0;
  std::uint64_t events = 0;
  std::uint64_t lost = 0;
  std::uint64_t homeless = 0;
  std::array<std::uint64_t, 4> reserved{};
};
static_assert(sizeof(file_totals) == 64);

enum class site_kind : std::uint16_t { other, task, job, object, mark, group };

/// Followed by the name, then the file's name, then zeros to a multiple of 8.
struct site_entry {
  std::uint32_t site = 0;
  std::uint32_t line = 0;
  site_kind kind = site_kind::other;
  std::uint16_t name_bytes = 0;
  std::uint16_t file_bytes = 0;
  std::uint16_t reserved = 0;
};
static_assert(sizeof(site_entry) == 16);

struct thread_entry {
  std::uint32_t thread = 0;
  std::uint32_t tid = 0;
  std::array<char, 16> name{};  ///< zero-padded
  std::uint64_t reserved = 0;
};
static_assert(sizeof(thread_entry) == 32);

// ---- rings

inline constexpr std::uint32_t ring_magic = 0x474E5257;  // "WRNG"
inline constexpr std::size_t sync_slots = 64;
inline constexpr std::size_t site_slots = 4096;
inline constexpr std::size_t ring_slots = 4096;
inline constexpr std::size_t tenant_slots = 64;

/// At offset 128. The counts only grow; entries below them are whole.
struct rings_header {
  std::uint32_t site_count = 0;  ///< sites 0 .. site_count - 1 are whole
  std::uint32_t ring_count = 0;  ///< rings 0 .. ring_count - 1 are whole
  std::uint64_t sync_count = 0;  ///< points ever taken; point i is in slot i % 64
  std::uint64_t homeless = 0;    ///< events of threads that had no ring
  std::uint64_t stopped = 0;     ///< 1: the recorder was stopped in order
  std::array<std::uint64_t, 4> reserved{};
};
static_assert(sizeof(rings_header) == 64);

/// Name, then the file's name.
struct site_slot {
  std::uint32_t line = 0;
  site_kind kind = site_kind::other;
  std::uint16_t name_bytes = 0;
  std::uint16_t file_bytes = 0;
  std::array<std::uint16_t, 3> reserved{};
  std::array<char, 240> text{};
};
static_assert(sizeof(site_slot) == 256);

struct ring_slot {
  std::uint64_t offset = 0;    ///< of its ring_header in the file
  std::uint64_t capacity = 0;  ///< events, a power of two; they follow the ring_header
};
static_assert(sizeof(ring_slot) == 16);

inline constexpr std::size_t sync_offset = 4096;
inline constexpr std::size_t rings_offset = sync_offset + sync_slots * sizeof(sync_point);       // 6144
inline constexpr std::size_t sites_offset = 73728;                                               // page aligned
inline constexpr std::size_t first_ring_offset = sites_offset + site_slots * sizeof(site_slot);  // 1122304
static_assert(rings_offset + ring_slots * sizeof(ring_slot) <= sites_offset && first_ring_offset % 4096 == 0);

/// Who had the ring from event `first` on.
struct tenant_slot {
  std::uint64_t first = 0;
  std::uint32_t thread = 0;
  std::uint32_t tid = 0;
  std::array<char, 16> name{};
};
static_assert(sizeof(tenant_slot) == 32);

inline constexpr std::size_t ring_header_bytes = 4096;
inline constexpr std::size_t ring_base_at = 16;     ///< u64: events before this one are not of this recording
inline constexpr std::size_t ring_tenants_at = 24;  ///< u64: tenants ever; tenant i is in slot i % 64
inline constexpr std::size_t ring_head_at = 64;     ///< u64: events ever written
inline constexpr std::size_t ring_slots_at = 192;   ///< tenant_slot[64]
static_assert(ring_slots_at + tenant_slots * sizeof(tenant_slot) <= ring_header_bytes);

}  // namespace weir::inline v0::tracing

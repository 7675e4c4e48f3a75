// The reader of a flight recorder's file.
#include <map>

#include <doctest/doctest.h>

#include "failure.hpp"
#include "merge.hpp"
#include "weir/support/ring_writer.hpp"

using support::marks;
using support::ring_writer;
using support::format::tenant_slot;

namespace {

struct found {
  weir_tool::trace_file trace;
  std::map<std::uint32_t, std::vector<std::uint64_t>> args;  // by thread
};

found read(const ring_writer& file) {
  const support::memory_file f{file.bytes};
  found out{weir_tool::open_trace(f.path()), {}};
  weir_tool::merge all{out.trace};
  std::uint64_t events = 0;
  for (weir_tool::moment m; all.next(m); ++events) out.args[m.thread].push_back(m.arg);
  CHECK(events == out.trace.events);
  return out;
}

const std::vector<tenant_slot> one_tenant{{0, 7, 70, {'o', 'n', 'e'}}};

}  // namespace

TEST_CASE("rings: a ring that has gone round holds its newest events but one, and says how many it lost") {
  ring_writer file;
  file.ring(8, marks(20), one_tenant);
  const found f = read(file);
  CHECK(f.trace.damage_count == 0);
  CHECK(f.args.at(7) == std::vector<std::uint64_t>{13, 14, 15, 16, 17, 18, 19});
  CHECK(f.trace.overwritten == 13);
  CHECK(f.trace.threads.at(7).name == "one");
}

TEST_CASE("rings: one that has not gone round holds all of this recording") {
  ring_writer file;
  file.ring(8, marks(7), one_tenant, 2);
  const found f = read(file);
  CHECK(f.args.at(7) == std::vector<std::uint64_t>{2, 3, 4, 5, 6});
  CHECK(f.trace.overwritten == 0);
}

TEST_CASE("rings: each event belongs to the last tenant that came before it") {
  ring_writer file;
  file.ring(16, marks(10), {{0, 1, 1, {}}, {4, 2, 2, {}}, {4, 3, 3, {}}, {9, 4, 4, {}}});
  const found f = read(file);
  CHECK(f.args.at(1).size() == 4);
  CHECK_FALSE(f.args.contains(2));  // it wrote nothing
  CHECK(f.args.at(3).size() == 5);
  CHECK(f.args.at(4) == std::vector<std::uint64_t>{9});
}

TEST_CASE("rings: events of tenants that have left the slots are lost") {
  ring_writer file;
  std::vector<tenant_slot> tenants;
  for (std::uint32_t i = 0; i < 70; ++i) tenants.push_back({i * 2, i, i, {}});
  file.ring(256, marks(140), tenants);
  const found f = read(file);
  CHECK(f.trace.overwritten == 12);  // of the first six
  CHECK(f.trace.events == 128);
}

TEST_CASE("rings: a damaged ring is left out and the others are read") {
  ring_writer file;
  const std::size_t bad = file.ring(8, marks(5), one_tenant);
  file.ring(8, marks(3), {{0, 9, 9, {}}});
  SUBCASE("no magic") { file.put(bad, std::uint32_t{0}); }
  SUBCASE("another capacity than the table's") { file.put(bad + 8, std::uint64_t{16}); }
  SUBCASE("a capacity beyond the file") { file.put(support::format::rings_offset + 8, std::uint64_t{1} << 40U); }
  SUBCASE("a capacity that is no power of two") { file.put(support::format::rings_offset + 8, std::uint64_t{7}); }
  SUBCASE("an offset beyond the file") { file.put(support::format::rings_offset, ~std::uint64_t{0} - 4096); }
  SUBCASE("a tenant above its head") { file.put(bad + support::format::ring_slots_at, std::uint64_t{6}); }
  SUBCASE("a base above its head") { file.put(bad + support::format::ring_base_at, std::uint64_t{6}); }
  SUBCASE("an event of type 0") { file.put(bad + 4096 + 32 + 8, std::uint16_t{0}); }
  const found f = read(file);
  CHECK(f.trace.damage_count == 1);
  CHECK_FALSE(f.args.contains(7));
  CHECK(f.args.at(9).size() == 3);
}

TEST_CASE("rings: cut anywhere it is read as far as it goes and said to be damaged") {
  ring_writer file;
  file.site("one");
  file.ring(8, marks(5), one_tenant);
  const support::memory_file f{file.bytes};
  for (std::size_t size = file.bytes.size() - 1; size > 128; size -= size > 1'120'000 || size < 2'000 ? 1 : 1'021) {
    f.cut(size);
    const auto trace = weir_tool::open_trace(f.path());
    CHECK(trace.damage_count > 0);
    CHECK(trace.events == 0);
    CHECK(trace.overwritten == 0);
  }
}

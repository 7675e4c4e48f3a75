#include <weir/detail/listed_stage.hpp>

#include <utility>

namespace weir::inline v0::detail {
namespace {

observation about(const part& me, const char* type) {
  observation one;
  one.kind = observed_kind::stage;
  one.type = type;
  if (me.name != nullptr) one.name = me.name;
  one.when_full = "waits";
  return one;
}

}  // namespace

void list_in_loop(listing& to, const part& me, const char* type, std::size_t capacity, std::string outside, lever by) {
  observation one = about(me, type);
  one.awaited_by = "loop";
  one.capacity = capacity;
  one.outside = std::move(outside);
  one.counted = false;
  to.add(std::move(one), by);
}

void list_in_group(listing& to, const part& me, const char* type, const part_counts& counts, lever by) {
  observation one = about(me, type);
  one.awaited_by = "group";
  one.at_once = counts.at_once;
  one.capacity = counts.capacity;
  one.depth = counts.depth;
  one.peak = counts.peak;
  one.in = counts.in;
  one.out = counts.out;
  to.add(std::move(one), by);
}

}  // namespace weir::inline v0::detail

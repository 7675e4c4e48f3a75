// explorer/orders.hpp - order mutation: weakens one memory order at a time, by the place in the source that names it.
//
// While the sites are being collected every access registers its place; a run with one site weakened must then fail in
// some model, or the order is stronger than the models can justify. Off, an access pays one branch.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "explorer/memory.hpp"

namespace weir::inline v0::model {

enum class access : std::uint8_t { load, store, rmw, failure, light_fence, heavy_fence };

/// One weakening of one order at one place.
struct mutation {
  std::string file;
  unsigned line = 0, column = 0;
  access kind = access::load;
  order from = order::relaxed, to = order::relaxed;
  friend auto operator<=>(const mutation&, const mutation&) = default;
};

class mutator {
 public:
  bool active = false;
  bool collecting = false;
  const mutation* applied = nullptr;
  std::vector<mutation> found;

  order see(const std::source_location& where, order o, access kind) {
    if (collecting) collect(where, o, kind);
    return applied != nullptr && is(where, o, kind) ? applied->to : o;
  }
  bool removes(const std::source_location& where, access kind) {
    if (collecting) add(where, order::seq_cst, order::relaxed, kind);
    return applied != nullptr && is(where, order::seq_cst, kind);
  }

 private:
  void collect(const std::source_location& where, order o, access kind) {
    const bool reads = kind != access::store, writes = kind == access::store || kind == access::rmw;
    if (o == order::seq_cst) {
      add(where, o, reads && writes ? order::acq_rel : reads ? order::acquire : order::release, kind);
    } else if (o == order::acq_rel) {
      add(where, o, order::acquire, kind);
      add(where, o, order::release, kind);
    } else if (o != order::relaxed) {
      add(where, o, order::relaxed, kind);
    }
  }
  void add(const std::source_location& where, order from, order to, access kind) {
    std::string file = where.file_name();
    if (file.find("tests/model/") != file.npos) return;  // the models' own accesses
    mutation m{std::move(file), where.line(), where.column(), kind, from, to};
    for (const mutation& known : found)
      if (known == m) return;
    found.push_back(std::move(m));
  }
  bool is(const std::source_location& where, order o, access kind) const {
    return where.line() == applied->line && where.column() == applied->column && kind == applied->kind &&
           o == applied->from && applied->file == where.file_name();
  }
};

inline mutator mutations;

inline order weakened(const std::source_location& where, order o, access kind) {
  if (mutations.active) [[unlikely]]
    return mutations.see(where, o, kind);
  return o;
}
inline bool removed(const std::source_location& where, access kind) {
  return mutations.active && mutations.removes(where, kind);
}

}  // namespace weir::inline v0::model

// weir/detail/listed_stage.hpp - what the parts of a pipeline say of themselves (observe.hpp).       [floor: flow]
//
// A running pipeline is listed as one thing; it passes the listing on to its stages, from the source on, and its sink:
//   void list(listing& to)        lists what is before the stage, then itself
// A part without list() is there, with nothing but its place.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>

#include <weir/detail/listed.hpp>

namespace weir::inline v0::detail {

/// Base of everything in a pipeline that named() can name.
struct part {
  const char* name = nullptr;
};

/// A part of its consumer's loop: nothing is counted.
void list_in_loop(listing& to, const part& me, const char* type, std::size_t capacity = 0, std::string outside = {},
                  lever by = {});

struct part_counts {
  std::size_t at_once = 0, capacity = 0, depth = 0, peak = 0;
  std::uint64_t in = 0, out = 0;
};

/// A part whose tasks belong to the pipeline's group.
void list_in_group(listing& to, const part& me, const char* type, const part_counts& counts, lever by = {});

template <class S>
void list_part(S& one, listing& to) {
  if constexpr (requires { one.list(to); })
    one.list(to);
  else
    list_in_loop(to, {}, "part");
}

/// While it lives, the pipeline is listed.
template <class S, class Consumer>
class listed_stream {
 public:
  listed_stream(S& stage, Consumer& consumer) noexcept : stage_{stage}, consumer_{consumer} {}

 private:
  static void list(void* what, listing& to) {
    auto& me = *static_cast<listed_stream*>(what);
    list_part(me.stage_, to);
    list_part(me.consumer_, to);
  }
  S& stage_;
  Consumer& consumer_;
  listed entry_{this, &list};
};

}  // namespace weir::inline v0::detail

// verbs.hpp - the verbs of the command, in the order in which `weir help` lists them. One line each.
#pragma once

#include "verb.hpp"

// clang-format off
#define WEIR_VERBS(V) \
  V(record)           \
  V(check)            \
  V(stats)            \
  V(doctor)           \
  V(convert)
// clang-format on

namespace weir_tool::verbs {

#define WEIR_VERB(name) extern const verb name;
WEIR_VERBS(WEIR_VERB)
#undef WEIR_VERB

}  // namespace weir_tool::verbs

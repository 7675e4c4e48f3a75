// support/targets.hpp - figures that depend on the compiler: clang is binding, gcc is reported beside it.
#pragma once

namespace bench {

constexpr double by_compiler([[maybe_unused]] double clang, [[maybe_unused]] double gcc) {
#if defined(__clang__)
  return clang;
#else
  return gcc;
#endif
}

}  // namespace bench

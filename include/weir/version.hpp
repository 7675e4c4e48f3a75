// weir/version.hpp - the version as numbers, for the preprocessor and for code.               [floor: base]
//
// The one place that states it: CMakeLists.txt, weir-config-version.cmake and weir.pc read these three lines. The major
// number is also the name of the inline namespace (weir::v0), so objects built against two ABIs do not link.
#pragma once

#define WEIR_VERSION_MAJOR 0
#define WEIR_VERSION_MINOR 1
#define WEIR_VERSION_PATCH 0

/// Ordered: compare with WEIR_MAKE_VERSION(major, minor, patch) in #if.
#define WEIR_MAKE_VERSION(major, minor, patch) ((major) * 10000 + (minor) * 100 + (patch))
#define WEIR_VERSION WEIR_MAKE_VERSION(WEIR_VERSION_MAJOR, WEIR_VERSION_MINOR, WEIR_VERSION_PATCH)

namespace weir::inline v0 {

struct version_number {
  int major, minor, patch;
};

/// The version of the headers this translation unit was compiled with.
inline constexpr version_number version{WEIR_VERSION_MAJOR, WEIR_VERSION_MINOR, WEIR_VERSION_PATCH};

}  // namespace weir::inline v0

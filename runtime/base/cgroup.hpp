// base/cgroup.hpp - where the files of our cgroup and its ancestors are.                      [floor: base]
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::inline v0::base {

enum class cgroup_version { v1, v2 };

/// A directory of the cgroup file system that governs this process' CPU time.
struct cgroup_directory {
  cgroup_version version;
  std::string path;  ///< without the root that was given
};

/// Our own cgroup's directory and those of its visible ancestors, for the v2 hierarchy and v1's cpu controller, from
/// <root>/proc/self/cgroup and <root>/proc/self/mountinfo. Empty when either cannot be read or names none.
[[nodiscard]] std::vector<cgroup_directory> cgroup_directories(const std::string& root);

/// A path of mountinfo with its octal escapes (\040 is a blank) undone.
[[nodiscard]] std::string unescape_mount_path(std::string_view text);

}  // namespace weir::inline v0::base

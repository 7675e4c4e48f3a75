#include "base/cgroup.hpp"

#include <fstream>
#include <optional>
#include <sstream>

namespace weir::inline v0::base {
namespace {

struct cgroup_mount {
  cgroup_version version;
  std::string root;   // the part of the hierarchy that is mounted
  std::string point;  // where
};

std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> parts;
  std::istringstream in{text};
  for (std::string part; std::getline(in, part, by);) parts.push_back(part);
  return parts;
}

bool has_cpu(const std::string& controllers) {
  for (const std::string& one : split(controllers, ','))
    if (one == "cpu") return true;
  return false;
}

// "36 35 98:0 /root /mount/point options optional... - type source super-options"
std::optional<cgroup_mount> parse_mount(const std::string& line) {
  const std::vector<std::string> fields = split(line, ' ');
  std::size_t dash = 6;
  while (dash < fields.size() && fields[dash] != "-") ++dash;
  if (dash + 3 >= fields.size()) return {};
  const std::string& type = fields[dash + 1];
  const bool v2 = type == "cgroup2";
  if (!v2 && !(type == "cgroup" && has_cpu(fields[dash + 3]))) return {};
  return cgroup_mount{v2 ? cgroup_version::v2 : cgroup_version::v1, unescape_mount_path(fields[3]),
                      unescape_mount_path(fields[4])};
}

// What follows `root` in `path`, "" or "/a/b"; empty optional when path is not below root.
std::optional<std::string> below(const std::string& path, const std::string& root) {
  if ((path + "/").find("/../") != std::string::npos) return {};  // outside of our cgroup namespace
  if (root == "/") return path == "/" ? "" : path;
  if (path.compare(0, root.size(), root) != 0) return {};
  if (path.size() > root.size() && path[root.size()] != '/') return {};
  return path.substr(root.size());
}

void add_up_to_mount(const cgroup_mount& mount, std::string rest, std::vector<cgroup_directory>& all) {
  while (!rest.empty()) {
    all.push_back({mount.version, mount.point + rest});
    rest.resize(rest.rfind('/'));
  }
  all.push_back({mount.version, mount.point});
}

// The chain of directories of one hierarchy. A container may see a path that lies outside of what is mounted; then
// the mounted top is the closest ancestor we can read.
void add_hierarchy(cgroup_version version, const std::string& path, const std::vector<cgroup_mount>& mounts,
                   std::vector<cgroup_directory>& all) {
  const cgroup_mount* other = nullptr;
  for (const cgroup_mount& mount : mounts) {
    if (mount.version != version) continue;
    if (const auto rest = below(path, mount.root)) return add_up_to_mount(mount, *rest, all);
    if (other == nullptr) other = &mount;
  }
  if (other != nullptr) add_up_to_mount(*other, "", all);
}

}  // namespace

std::string unescape_mount_path(std::string_view text) {
  const auto octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && octal(text[i + 1]) && octal(text[i + 2]) && octal(text[i + 3])) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

std::vector<cgroup_directory> cgroup_directories(const std::string& root) {
  std::vector<cgroup_mount> mounts;
  std::ifstream mountinfo{root + "/proc/self/mountinfo"};
  for (std::string line; std::getline(mountinfo, line);)
    if (auto mount = parse_mount(line)) mounts.push_back(*std::move(mount));

  std::vector<cgroup_directory> all;
  std::ifstream membership{root + "/proc/self/cgroup"};  // "0::/path" (v2) or "4:cpu,cpuacct:/path" (v1)
  for (std::string line; std::getline(membership, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (path.empty() || path[0] != '/') continue;
    if (controllers.empty()) add_hierarchy(cgroup_version::v2, path, mounts, all);
    if (has_cpu(controllers)) add_hierarchy(cgroup_version::v1, path, mounts, all);
  }
  return all;
}

}  // namespace weir::inline v0::base

#include "trace/flight_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <utility>
#include <vector>

namespace weir::inline v0::tracing {
namespace {

namespace fs = std::filesystem;

// The 22nd field of /proc/PID/stat; empty: there is no such process. The second one is in parentheses and may hold
// anything.
std::string start_of(const std::string& pid) {
  std::ifstream in{"/proc/" + pid + "/stat"};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  std::size_t at = text.rfind(')');
  if (at == std::string::npos) return {};
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = text.find(' ', at + 1);
  if (at == std::string::npos) return {};
  return text.substr(at + 1, text.find(' ', at + 1) - at - 1);
}

bool usable(const std::string& directory) {
  return !directory.empty() && ::access(directory.c_str(), W_OK | X_OK) == 0;
}

struct left_behind {
  fs::path path;
  timespec written;
};

std::vector<left_behind> left_in(const std::string& directory) {
  static const std::regex ours{R"(weir-(\d+)-(\d+)(\.\d+)?\.wtr)"};
  std::vector<left_behind> all;
  for (const auto& entry : fs::directory_iterator{directory, fs::directory_options::skip_permission_denied}) {
    std::smatch parts;
    const std::string name = entry.path().filename().string();
    struct stat about{};
    if (!std::regex_match(name, parts, ours) || start_of(parts[1]) == parts[2]) continue;
    if (::lstat(entry.path().c_str(), &about) == 0 && S_ISREG(about.st_mode) && about.st_uid == ::geteuid())
      all.push_back({entry.path(), about.st_mtim});
  }
  return all;
}

}  // namespace

std::string flight_directory(const std::string& asked) {
  if (!asked.empty()) return asked;
  const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && usable(runtime)) return runtime;
  return usable("/dev/shm") ? "/dev/shm" : "/tmp";
}

std::string flight_path(const std::string& directory) {
  const std::string pid = std::to_string(::getpid());
  std::string path = directory;
  return path.append("/weir-").append(pid).append("-").append(start_of(pid)).append(".wtr");
}

std::string dump_path(const std::string& flight, unsigned number) {
  return fs::path{flight}.replace_extension(std::to_string(number) + ".wtr").string();
}

void remove_stale(const std::string& directory) noexcept {
  try {
    std::vector<left_behind> dead = left_in(directory);
    std::ranges::sort(dead, [](const left_behind& a, const left_behind& b) {
      return std::pair{a.written.tv_sec, a.written.tv_nsec} > std::pair{b.written.tv_sec, b.written.tv_nsec};
    });
    for (std::size_t i = dead_files_kept; i < dead.size(); ++i) ::unlink(dead[i].path.c_str());
  } catch (...) {  // a directory that cannot be read, or no memory: nothing is removed
  }
}

}  // namespace weir::inline v0::tracing

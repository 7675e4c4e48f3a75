// What this process holds: open descriptors and threads.
#pragma once

#include <filesystem>
#include <iterator>

namespace weir_test {

inline long entries(const char* directory) {
  return std::distance(std::filesystem::directory_iterator{directory}, std::filesystem::directory_iterator{});
}
inline long open_descriptors() { return entries("/proc/self/fd"); }
inline long live_threads() { return entries("/proc/self/task"); }

}  // namespace weir_test

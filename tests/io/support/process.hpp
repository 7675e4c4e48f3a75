// What this process holds: open descriptors and threads.
#pragma once

#include <filesystem>
#include <iterator>
#include <thread>

namespace weir_test {

inline long entries(const char* directory) {
  return std::distance(std::filesystem::directory_iterator{directory}, std::filesystem::directory_iterator{});
}
inline long open_descriptors() { return entries("/proc/self/fd"); }
inline long live_threads() { return entries("/proc/self/task"); }

/// True once there are `expected` threads. A joined thread may be listed for a moment after pthread_join returned.
inline bool threads_settle_at(long expected) {
  for (int i = 0; i < 1'000'000 && live_threads() != expected; ++i) std::this_thread::yield();
  return live_threads() == expected;
}

}  // namespace weir_test

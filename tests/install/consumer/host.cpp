// host PLUGIN FUNCTION ROUNDS [stays] - loads the plugin, calls FUNCTION on a thread that ends, unloads it; ROUNDS
// times. Nothing may crash; open files and threads must not grow: the first ten rounds may leave something for the
// process (TBB's threads), the others nothing. After each unloading the plugin must be gone from the address space;
// with `stays` it may remain, for TBB's threads run its code.
#include <dirent.h>
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

namespace {

int entries(const char* path) {
  DIR* dir = opendir(path);
  int count = 0;
  while (readdir(dir) != nullptr) ++count;
  closedir(dir);
  return count;
}

// Of /proc/self/status, in KiB.
long status(const std::string& field) {
  std::ifstream file{"/proc/self/status"};
  for (std::string line; std::getline(file, line);)
    if (line.rfind(field, 0) == 0) return std::atol(line.c_str() + field.size());
  return 0;
}

bool mapped(const char* plugin) {
  if (void* again = dlopen(plugin, RTLD_NOW | RTLD_NOLOAD)) {
    dlclose(again);
    return true;
  }
  const std::string path{plugin};
  const std::string name = path.substr(path.rfind('/') + 1);
  std::ifstream maps{"/proc/self/maps"};
  for (std::string line; std::getline(maps, line);)
    if (line.find(name) != std::string::npos) return true;
  return false;
}

int fail(const char* what) {
  std::fprintf(stderr, "host: %s\n", what);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) return fail("usage: host PLUGIN FUNCTION ROUNDS [stays]");
  const int rounds = std::atoi(argv[3]);
  const bool may_stay = argc == 5;
  int files = 0, threads = 0, still_mapped = 0;
  long memory = 0;
  for (int round = 0; round < rounds; ++round) {
    void* plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (plugin == nullptr) return fail(dlerror());
    const auto run = reinterpret_cast<int (*)()>(dlsym(plugin, argv[2]));
    if (run == nullptr) return fail(dlerror());
    int jobs = 0;
    std::thread{[&] { jobs = run(); }}.join();
    if (jobs != 1000) return fail("the plugin did not run its 1000 jobs");
    if (dlclose(plugin) != 0) return fail(dlerror());
    still_mapped += mapped(argv[1]) ? 1 : 0;
    if (round == 9) files = entries("/proc/self/fd"), threads = entries("/proc/self/task"), memory = status("VmRSS:");
  }
  std::printf(
      "%s: %d rounds, %d of them left the plugin mapped; files %d -> %d, threads %d -> %d, memory %ld -> %ld KiB\n",
      argv[2], rounds, still_mapped, files, entries("/proc/self/fd"), threads, entries("/proc/self/task"), memory,
      status("VmRSS:"));
  if (rounds > 10 && entries("/proc/self/fd") > files) return fail("open files grow with every load");
  if (rounds > 10 && entries("/proc/self/task") > threads) return fail("threads grow with every load");
  if (still_mapped != 0 && !may_stay) return fail("the plugin was not unmapped");
  return 0;
}

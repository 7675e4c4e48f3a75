// host PLUGIN ROUNDS - loads the plugin, lets it run a runtime, unloads it; ROUNDS times. Nothing may crash, and open
// files must not grow: the first ten rounds may leave something for the process (TBB's threads), the others nothing.
#include <dirent.h>
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>

namespace {

int entries(const char* path) {
  DIR* dir = opendir(path);
  int count = 0;
  while (readdir(dir) != nullptr) ++count;
  closedir(dir);
  return count;
}

int fail(const char* what) {
  std::fprintf(stderr, "host: %s\n", what);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return fail("usage: host PLUGIN ROUNDS");
  const int rounds = std::atoi(argv[2]);
  int files = 0, threads = 0, still_mapped = 0;
  for (int round = 0; round < rounds; ++round) {
    void* plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (plugin == nullptr) return fail(dlerror());
    const auto run = reinterpret_cast<int (*)()>(dlsym(plugin, "plugin_run"));
    if (run == nullptr) return fail(dlerror());
    if (run() != 1000) return fail("the plugin did not run its 1000 jobs");
    if (dlclose(plugin) != 0) return fail(dlerror());
    if (void* again = dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD)) {
      dlclose(again);
      ++still_mapped;  // allowed: a thread_local destructor pins a library until its thread ends
    }
    if (round == 9) files = entries("/proc/self/fd"), threads = entries("/proc/self/task");
  }
  std::printf("%d rounds, %d of them left the plugin mapped; files %d -> %d, threads %d -> %d\n", rounds, still_mapped,
              files, entries("/proc/self/fd"), threads, entries("/proc/self/task"));
  if (rounds > 10 && entries("/proc/self/fd") > files) return fail("open files grow with every load");
  if (rounds > 10 && entries("/proc/self/task") > threads) return fail("threads grow with every load");
  return 0;
}

#include "trace/recorder.hpp"

#include <pthread.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <optional>
#include <utility>

#include <weir/detail/trace.hpp>
#include <weir/error.hpp>

#include "sync/lease_list.hpp"
#include "trace/capture.hpp"
#include "trace/chrome_json.hpp"
#include "trace/output_file.hpp"

namespace weir::inline v0::tracing {
namespace {

// Never destroyed: threads may record until the process is gone. Made by the first use.
struct recorder {
  std::mutex mutex;  // guards what follows; never taken by an event
  std::optional<output_file> file;
  clock_sync begin;
  pid_t pid = 0;
  unsigned runtimes = 0;
  unsigned env_recordings = 0;
  bool from_env = false;

  sync::lease_list<ring> rings;
  name_table names;
  std::atomic<std::uint64_t> rings_made{0};  // counters: order nothing
  std::atomic<std::uint64_t> homeless{0};
};

recorder& the_recorder() {
  static recorder& one = *new recorder;
  return one;
}

constinit thread_local ring* current = nullptr;
constinit thread_local bool left = false;

std::string thread_name() {
  std::array<char, 16> name{};
  return pthread_getname_np(pthread_self(), name.data(), name.size()) == 0 ? name.data() : "";
}

// Its destructor gives the ring, with the events in it, to the next thread.
struct exit_hook {
  exit_hook() noexcept = default;
  exit_hook(const exit_hook&) = delete;
  exit_hook& operator=(const exit_hook&) = delete;
  ~exit_hook() {
    left = true;
    ring* mine = std::exchange(current, nullptr);
    if (mine == nullptr) return;
    mine->move_out(thread_name());
    sync::lease_list<ring>::give_back(*mine);
  }
  void arm() noexcept {}
};

ring* move_in(recorder& r) {
  static thread_local exit_hook hook;
  hook.arm();
  ring* mine = r.rings.lease();
  if (mine == nullptr) {
    mine = new ring;
    r.rings.add(*mine);
    r.rings_made.fetch_add(1, std::memory_order_relaxed);
  }
  current = mine;
  mine->move_in(gettid(), thread_name());
  return mine;
}

// Null: this thread cannot record (no memory, or it is exiting).
[[gnu::noinline]] ring* try_move_in(recorder& r) noexcept try { return left ? nullptr : move_in(r); } catch (...) {
  return current;
}

capture collect(recorder& r) {
  capture all;
  all.begin = r.begin;
  all.end = sync_clocks();
  all.names = &r.names;
  all.pid = r.pid;
  all.lost = r.homeless.load(std::memory_order_relaxed);
  r.rings.for_each([&](const ring& one) {
    ring::contents c = one.read();
    all.lost += c.lost;
    for (track& t : c.tracks) {
      // A living thread may have been given its name after its first event.
      if (t.current) std::getline(std::ifstream{"/proc/self/task/" + std::to_string(t.tid) + "/comm"}, t.name);
      all.tracks.push_back(std::move(t));
    }
  });
  return all;
}

std::string expand(const std::string& path, unsigned recording) {
  std::string expanded = path;
  if (const std::size_t at = path.find("%p"); at != std::string::npos)
    expanded.replace(at, 2, std::to_string(getpid()));
  return recording > 1 ? expanded + '.' + std::to_string(recording) : expanded;
}

// With the mutex held.
void start_locked(recorder& r, const std::string& path) {
  if (r.file) throw error{"weir: a trace is being recorded already, into \"" + r.file->path() + '"'};
  static const int at_fork =
      pthread_atfork(nullptr, nullptr, [] { detail::trace_enabled.store(false, std::memory_order_relaxed); });
  static_cast<void>(at_fork);
  r.file.emplace(path);
  r.pid = getpid();
  r.homeless.store(0, std::memory_order_relaxed);
  r.rings.for_each([](ring& one) { one.restart(); });
  r.begin = sync_clocks();
  detail::trace_enabled.store(true, std::memory_order_relaxed);
}

void stop_locked(recorder& r) {
  if (!r.file) return;
  output_file file = std::move(*r.file);
  r.file.reset();
  r.from_env = false;
  if (r.pid != getpid()) return;  // a child of fork: the file is the parent's
  detail::trace_enabled.store(false, std::memory_order_relaxed);
  write_chrome_json(collect(r), file);
  file.close();
}

template <class F>
void or_say_why(F f) noexcept {
  try {
    f();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
  }
}

void stop_env_at_exit() {
  or_say_why([] {
    recorder& r = the_recorder();
    const std::lock_guard lock{r.mutex};
    if (r.from_env) stop_locked(r);
  });
}

}  // namespace

void start(const std::string& path) {
  recorder& r = the_recorder();
  const std::lock_guard lock{r.mutex};
  start_locked(r, expand(path, 1));
}

void stop() {
  recorder& r = the_recorder();
  const std::lock_guard lock{r.mutex};
  stop_locked(r);
}

bool active() noexcept { return detail::trace_enabled.load(std::memory_order_relaxed); }

void runtime_started() noexcept {
  const char* path = std::getenv("WEIR_TRACE");
  or_say_why([&] {
    recorder& r = the_recorder();
    const std::lock_guard lock{r.mutex};
    if (++r.runtimes != 1 || path == nullptr || *path == '\0' || r.file) return;
    start_locked(r, expand(path, r.env_recordings + 1));
    r.from_env = true;
    if (++r.env_recordings == 1) std::atexit(stop_env_at_exit);
  });
}

void runtime_ended() noexcept {
  or_say_why([] {
    recorder& r = the_recorder();
    const std::lock_guard lock{r.mutex};
    if (--r.runtimes == 0 && r.from_env) stop_locked(r);
  });
}

recorder_snapshot recorder_stats() noexcept {
  const recorder& r = the_recorder();
  return {r.rings_made.load(std::memory_order_relaxed), r.homeless.load(std::memory_order_relaxed)};
}

}  // namespace weir::inline v0::tracing

namespace weir::inline v0::detail {

// Not inlined, so that a coroutine which resumed on another thread cannot use the old one's ring.
[[gnu::noinline]] void trace_record(event what, std::uint64_t id, std::uint64_t arg, const char* name) noexcept {
  tracing::recorder& r = tracing::the_recorder();
  tracing::ring* mine = tracing::current;
  if (mine == nullptr) [[unlikely]] {
    mine = tracing::try_move_in(r);
    if (mine == nullptr) {
      r.homeless.fetch_add(1, std::memory_order_relaxed);
      return;
    }
  }
  mine->write(tracing::ticks(), what, r.names.id_of(name), id, arg);
}

}  // namespace weir::inline v0::detail

#include "trace/recorder.hpp"

#include <pthread.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <utility>

#include <weir/detail/trace.hpp>
#include <weir/error.hpp>

#include "trace/session.hpp"

namespace weir::inline v0::tracing {
namespace {

// Never destroyed: threads may record until the process is gone. Made by the first use.
struct recorder {
  std::mutex mutex;  // guards what follows; never taken by an event
  std::unique_ptr<session> running;
  unsigned runtimes = 0;
  unsigned env_recordings = 0;
  bool from_env = false;
};

recorder& the_recorder() {
  static recorder& one = *new recorder;
  return one;
}

// In a child of a process that recorded: the mutex may be held by a thread that is not there.
constinit std::atomic<bool> in_child{false};

void detach_child() {
  detail::trace_mask.store(0, std::memory_order_relaxed);
  in_child.store(true, std::memory_order_relaxed);
}
[[nodiscard]] bool detached() noexcept { return in_child.load(std::memory_order_relaxed); }

// With the mutex held.
void start_locked(recorder& r, const settings& s, bool tells_errors) {
  if (r.running != nullptr) throw error{"weir: a trace is being recorded already, into \"" + r.running->path() + '"'};
  static const int at_fork = pthread_atfork(nullptr, nullptr, &detach_child);
  static_cast<void>(at_fork);
  r.running = std::make_unique<session>(s, tells_errors);
  r.running->open();
}

void stop_locked(recorder& r) {
  r.from_env = false;
  if (const std::unique_ptr<session> ending = std::exchange(r.running, nullptr)) ending->finish();
}

template <class F>
void or_say_why(F f) noexcept {
  if (detached()) return;
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

void start(const settings& s) {
  if (detached()) throw error{"weir: the child of a fork cannot record a trace"};
  recorder& r = the_recorder();
  const std::lock_guard lock{r.mutex};
  start_locked(r, s, false);
}

void stop() {
  if (detached()) return;
  recorder& r = the_recorder();
  const std::lock_guard lock{r.mutex};
  stop_locked(r);
}

void snapshot(const std::string& path) {
  if (detached()) throw error{"weir: the child of a fork has no flight recorder"};
  recorder& r = the_recorder();
  const std::lock_guard lock{r.mutex};
  if (r.running == nullptr || r.running->mode() != recorder_mode::flight)
    throw error{"weir: no flight recorder is running (WEIR_TRACE=flight, or a weir::trace::flight_recorder)"};
  r.running->snapshot(path);
}

std::string file() {
  if (detached()) return {};
  recorder& r = the_recorder();
  const std::lock_guard lock{r.mutex};
  return r.running != nullptr ? r.running->path() : std::string{};
}

bool active() noexcept { return detail::trace_mask.load(std::memory_order_relaxed) != 0; }

void runtime_started() noexcept {
  or_say_why([] {
    recorder& r = the_recorder();
    const std::lock_guard lock{r.mutex};
    if (++r.runtimes != 1 || r.running != nullptr) return;
    settings s = settings_of_environment();
    if (s.mode == recorder_mode::off) return;
    if (s.mode == recorder_mode::stream && r.env_recordings > 0) s.path += '.' + std::to_string(r.env_recordings + 1);
    start_locked(r, s, true);
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

}  // namespace weir::inline v0::tracing

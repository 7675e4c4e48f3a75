#include "trace/session.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <utility>

#include "trace/clock.hpp"
#include "trace/counter_source.hpp"
#include "trace/flight_file.hpp"
#include "trace/seat.hpp"
#include "trace/stream_file.hpp"
#include "trace/summary.hpp"

namespace weir::inline v0::tracing {
namespace {

constexpr std::chrono::milliseconds period{10};
constexpr std::uint64_t rounds_per_second = 100;
constexpr std::uint64_t between_dumps_ns = 10'000'000'000;
constexpr unsigned most_dumps = 16;

std::string expanded(std::string path) {
  if (const std::size_t at = path.find("%p"); at != std::string::npos) path.replace(at, 2, std::to_string(::getpid()));
  return path;
}

thread_entry entry_of(const tenant_slot& t, bool ask_name) {
  thread_entry e{t.thread, t.tid, t.name, 0};
  if (!ask_name) return e;
  // A living thread may have been given its name after its first event.
  std::string now;
  if (std::getline(std::ifstream{"/proc/self/task/" + std::to_string(t.tid) + "/comm"}, now)) {
    e.name = {};
    std::memcpy(e.name.data(), now.data(), std::min(now.size(), e.name.size()));
  }
  return e;
}

event_record lost_event(std::uint64_t at, std::uint64_t n) noexcept {
  return {at, static_cast<std::uint16_t>(detail::event::lost), 0, 0, 0, n};
}

}  // namespace

session::session(settings s, bool tells_errors)
    : settings_{std::move(s)}, tells_errors_{tells_errors}, start_{(choose_clock(), sync_clocks())} {
  if (settings_.mode == recorder_mode::flight) {
    const std::string directory = flight_directory(settings_.path);
    remove_stale(directory);
    path_ = flight_path(directory);
    store_ = std::make_unique<ring_store>(path_, header_for(settings_, file_kind::rings, start_), settings_.ring_bytes);
  } else {
    store_ = std::make_unique<ring_store>(settings_.ring_bytes);
    if (settings_.mode == recorder_mode::summary) {
      sink_ = std::make_unique<summary>(header_for(settings_, file_kind::stream, start_));
    } else {
      path_ = expanded(settings_.path);
      sink_ = std::make_unique<stream_file>(path_, header_for(settings_, file_kind::stream, start_));
    }
  }
}

session::~session() = default;

void session::open() noexcept {
  homeless_.store(0, std::memory_order_relaxed);
  sample_.store(settings_.sample, std::memory_order_relaxed);
  serial_.fetch_add(1, std::memory_order_relaxed);
  running_.store(this, std::memory_order_relaxed);
  detail::trace_mask.store(settings_.mask, std::memory_order_release);  // publishes the session to visits (E3)
  const int error = thread_.start("weir-trace", [](void* self) { static_cast<session*>(self)->loop(); }, this);
  if (error != 0)
    fail(std::make_exception_ptr(std::system_error{error, std::generic_category(), "weir: cannot start to trace"}));
}

ring* session::ring_for(const char* thread_name) noexcept {
  try {
    ring* const made = store_->make();
    if (made != nullptr) move_in(*made, thread_name);
    return made;
  } catch (const std::bad_alloc&) {
    return nullptr;
  } catch (...) {
    fail(std::current_exception());
    return nullptr;
  }
}

void session::move_in(ring& to, const char* thread_name) noexcept {
  to.move_in(threads_.fetch_add(1, std::memory_order_relaxed), static_cast<std::uint32_t>(::gettid()), thread_name);
}

void session::lag(std::uint64_t ns) noexcept {
  constexpr std::uint64_t most_told = 0xFFFFFFFF;  // as a tick tells it
  if (ns <= settings_.lag_ns && (ns < most_told || settings_.lag_ns == UINT64_MAX)) return;
  worst_lag_.store(std::max(ns, worst_lag_.load(std::memory_order_relaxed)), std::memory_order_relaxed);
}

void session::fail(std::exception_ptr why) noexcept {
  detail::trace_mask.store(0, std::memory_order_relaxed);
  if (told_.exchange(true, std::memory_order_relaxed)) return;
  if (!tells_errors_) {
    const std::lock_guard lock{mutex_};
    failure_ = std::move(why);
    return;
  }
  try {
    std::rethrow_exception(why);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s; nothing more is recorded\n", e.what());
  } catch (...) {
  }
}

void session::loop() noexcept {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
  std::unique_lock lock{mutex_};
  while (!changed_.wait_for(lock, period, [&] { return stopping_; })) {
    lock.unlock();
    try {
      if (!told_.load(std::memory_order_relaxed)) round();
    } catch (...) {
      fail(std::current_exception());
    }
    lock.lock();
  }
}

void session::round() {
  if (detail::traced(detail::event::counter)) {
    counter_source::tell_all();
    detail::trace(detail::event::counter, 0, ns_of(CLOCK_PROCESS_CPUTIME_ID),
                  static_cast<unsigned>(detail::counter_kind::cpu_ns));
  }
  if (sink_ != nullptr)
    drain(false);
  else
    look_after_flight();
  ++rounds_;
}

std::vector<ring*> session::rings() {
  std::vector<ring*> all;
  store_->for_each([&](ring& r) { all.push_back(&r); });
  return all;
}

void session::drain(bool last) {
  const bool ask_names = last || rounds_ % rounds_per_second == 0;
  for (ring* const r : rings()) {
    std::uint64_t& position = positions_[r];
    position = pass_on(*r, position, *sink_, ask_names);
    r->free_until(position);
    if (last) tell_names(*r);
    if (const std::uint64_t lost = last ? r->untold() : 0; lost != 0) {
      const event_record said = lost_event(ticks(), lost);
      sink_->take(entry_of(r->tenants().back(), false), {&said, 1});
    }
  }
  sink_->round_ended(homeless());
}

// A thread may have been named after its last event was read.
void session::tell_names(const ring& of) {
  const std::vector<tenant_slot> tenants = of.tenants();
  for (const tenant_slot& t : tenants) sink_->take(entry_of(t, &t == &tenants.back()), {});
}

// Gives `to` what the ring holds from `position` on, by tenants; what was overwritten, or whose tenant is forgotten, as
// a `lost` event of the oldest tenant that is known.
std::uint64_t session::pass_on(ring& from, std::uint64_t position, event_sink& to, bool ask_names) const {
  const std::uint64_t end = from.head();
  if (end == position) return end;
  std::vector<event_record> events;
  const std::uint64_t first = from.read(position, end, events);
  const std::vector<tenant_slot> tenants = from.tenants();
  const std::uint64_t known = std::clamp(tenants.front().first, first, end);
  if (known > position) {
    const event_record said = lost_event(known < end ? events[known - first].ticks : ticks(), known - position);
    to.take(entry_of(tenants.front(), false), {&said, 1});
  }
  for (std::size_t t = 0; t < tenants.size(); ++t) {
    const bool newest = t + 1 == tenants.size();
    const std::uint64_t begin = std::max(tenants[t].first, known);
    const std::uint64_t until = newest ? end : std::min(tenants[t + 1].first, end);
    if (begin < until)
      to.take(entry_of(tenants[t], ask_names && newest), std::span{events}.subspan(begin - first, until - begin));
  }
  return end;
}

void session::look_after_flight() {
  store_->set_homeless(homeless());
  const std::uint64_t now = monotonic_ns();
  if (now - last_sync_ >= 1'000'000'000) {
    last_sync_ = now;
    store_->add_sync(sync_clocks());
  }
  if (worst_lag_.load(std::memory_order_relaxed) != 0) dump();
}

void session::dump() {
  const std::uint64_t lag = worst_lag_.exchange(0, std::memory_order_relaxed);
  const std::uint64_t now = monotonic_ns();
  if (dumps_ == most_dumps || (dumps_ != 0 && now - last_dump_ < between_dumps_ns)) return;
  last_dump_ = now;
  const std::string to = dump_path(path_, ++dumps_);
  try {
    snapshot(to);
    std::fprintf(stderr, "weir: the reactor was %.1f ms late; what happened before is in \"%s\"\n",
                 static_cast<double>(lag) / 1e6, to.c_str());
  } catch (const std::exception& e) {  // the recorder itself goes on
    std::fprintf(stderr, "%s\n", e.what());
  }
}

void session::snapshot(const std::string& path) {
  stream_file file{expanded(path), header_for(settings_, file_kind::stream, start_)};
  for (ring* const r : rings()) pass_on(*r, 0, file, true);
  file.finish(homeless());
}

void session::finish() {
  detail::trace_mask.store(0, std::memory_order_relaxed);
  quiesce();
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
  running_.store(nullptr, std::memory_order_relaxed);
  if (settings_.mode == recorder_mode::flight) store_->discard();
  if (failure_ != nullptr) std::rethrow_exception(std::exchange(failure_, nullptr));
  if (sink_ == nullptr || told_.load(std::memory_order_relaxed)) return;
  drain(true);
  sink_->finish(homeless());
}

}  // namespace weir::inline v0::tracing

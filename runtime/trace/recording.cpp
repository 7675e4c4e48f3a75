#include <weir/trace.hpp>

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <utility>

#include "trace/recorder.hpp"

namespace weir::inline v0::trace {
namespace {

template <class Options>
tracing::settings settings_for(tracing::recorder_mode mode, const std::string& path, const Options& o) {
  if (o.sample == 0) throw std::invalid_argument{"weir: trace: sample is 0; 1 records all"};
  if (o.ring_bytes < 4096) throw std::invalid_argument{"weir: trace: ring_bytes is below 4096"};
  tracing::settings s;
  s.mode = mode;
  s.path = path;
  s.mask = static_cast<std::uint32_t>(o.what);
  s.sample = o.sample;
  s.ring_bytes = o.ring_bytes;
  return s;
}

tracing::settings settings_for(const flight_options& o) {
  tracing::settings s = settings_for(tracing::recorder_mode::flight, o.directory, o);
  if (o.dump_when_lag_exceeds != std::chrono::nanoseconds::max())
    s.lag_ns = static_cast<std::uint64_t>(std::max<std::int64_t>(o.dump_when_lag_exceeds.count(), 0));
  return s;
}

void stop_or_say_why() noexcept {
  try {
    tracing::stop();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
  }
}

}  // namespace

recording::recording(const std::string& file, const recording_options& options) {
  tracing::start(settings_for(tracing::recorder_mode::stream, file, options));
}

recording::~recording() {
  if (running_) stop_or_say_why();
}

void recording::stop() {
  if (std::exchange(running_, false)) tracing::stop();
}

flight_recorder::flight_recorder(const flight_options& options) { tracing::start(settings_for(options)); }

flight_recorder::~flight_recorder() { stop_or_say_why(); }

std::string flight_recorder::file() const { return tracing::file(); }

void snapshot(const std::string& file) { tracing::snapshot(file); }

}  // namespace weir::inline v0::trace

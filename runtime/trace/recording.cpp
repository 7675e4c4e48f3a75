#include <weir/trace.hpp>

#include <cstdio>
#include <exception>
#include <utility>

#include "trace/recorder.hpp"

namespace weir::inline v0::trace {

recording::recording(const std::string& file) { tracing::start(file); }

recording::~recording() {
  try {
    stop();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
  }
}

void recording::stop() {
  if (std::exchange(running_, false)) tracing::stop();
}

}  // namespace weir::inline v0::trace

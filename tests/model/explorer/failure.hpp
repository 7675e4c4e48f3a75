// explorer/failure.hpp - how an execution fails, and the log of the one that is run again to show why.
#pragma once

#include "explorer/engine.hpp"

namespace weir::inline v0::model {

inline void engine::nobody_can_run() {
  bool spins = false;
  for (unsigned i = 0; i < used_; ++i) spins |= threads_[i].is == status::spinning;
  const char* const because = somebody_stopped() ? " after one was stopped: not lock-free" : "";
  if (spins) fail("livelock: everybody who can run waits for a change%s", because);
  fail("deadlock: nobody can run, a wake-up was lost%s", because);
}

inline void engine::fail(const char* format, ...) {
  char text[400];
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  failure = text;
  void* abandoned = nullptr;
  weir_model_switch(&abandoned, host_);
  __builtin_unreachable();
}

inline void engine::log(const char* what, const location* l, std::uint64_t value, order o, const site& where) {
  static constexpr const char* names[] = {"relaxed", "consume", "acquire", "release", "acq_rel", "seq_cst"};
  std::string_view file = where.file_name();
  if (const auto slash = file.rfind('/'); slash != file.npos) file.remove_prefix(slash + 1);
  char object[64] = "";
  if (l != nullptr)
    std::snprintf(object, sizeof object, " #%-3u %#llx %s", l->initial, static_cast<unsigned long long>(value),
                  names[static_cast<int>(o)]);
  char line[200];
  std::snprintf(line, sizeof line, "    thread %u   %-12s%-30s %.*s:%u\n", current_, what, object,
                static_cast<int>(file.size()), file.data(), where.line());
  steps.emplace_back(line);
}

}  // namespace weir::inline v0::model

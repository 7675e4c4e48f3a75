#include "reading.hpp"

#include <weir/spawn.hpp>

#include <stop_token>

#include "allocations.hpp"
#include "line_reader.hpp"
#include "report.hpp"
#include "server.hpp"

namespace log_pipeline {
namespace {

constexpr std::uint64_t slab_bytes = 64 << 10;  // what the runtime's pools grow by
constexpr auto tick = std::chrono::milliseconds{100};

bool is_over(input::state s) noexcept { return s == input::state::end || s == input::state::stopped; }

}  // namespace

void allocation_meter::passed(std::uint64_t lines) {
  if (warm_ || lines < warm_up_lines) return;
  warm_ = true;
  from_line_ = lines;
  from_ = now();
}

std::optional<double> allocation_meter::per_line(std::uint64_t lines) const {
  if (!warm_ || lines == from_line_) return std::nullopt;
  return static_cast<double>(now() - from_) / static_cast<double>(lines - from_line_);
}

std::uint64_t allocation_meter::now() const {
  return allocation_count() + rt_.stats().pool_reserved_bytes / slab_bytes;
}

void reading::read(file_input& in) {
  line_reader lines{in};
  const std::uint64_t before = bytes_;
  for (input::state state = input::state::idle; !is_over(state);) {
    batch_ptr b = wait_for_batch();
    if (b == nullptr) return;
    state = lines.fill(*b);
    bytes_ = before + lines.bytes_read();
    if (state == input::state::data)
      pipeline_.submit(std::move(b));
    else
      pipeline_.give_back(std::move(b));
    look_around();
  }
  if (in.error()) throw failure{*in.error()};
}

void reading::listen(const std::string& where) {
  std::stop_source stop;
  weir::future<void> served = weir::spawn(rt_, serve_clients(where, pipeline_, stop.get_token()),
                                          {.where = weir::home::io, .name = "serve_clients"});
  while (!served.wait_for(tick)) {
    if (has_to_stop()) stop.request_stop();
    look_around();
  }
  served.get();
}

batch_ptr reading::wait_for_batch() {
  while (!pipeline_.has_failed()) {
    (void)stop_.received();  // a stop is no reason to give up: what has been read is counted
    if (batch_ptr b = pipeline_.acquire(tick)) return b;
    look_around();
  }
  return nullptr;
}

void reading::look_around() {
  const std::uint64_t lines = pipeline_.lines_in();
  allocations_.passed(lines);
  if (progress_.is_due())
    progress_.draw({lines, bytes_, pipeline_.free().size(), pipeline_.free().capacity(), pipeline_.in_flight().size(),
                    rt_.stats().queue_in_use_items});
}

}  // namespace log_pipeline

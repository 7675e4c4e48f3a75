#include "pipeline.hpp"

namespace log_pipeline {

pipeline::pipeline(weir::runtime& rt, output& to)
    : cpu_{rt.cpu()},
      enrichers_(cpu_.workers()),
      output_{to},
      writer_{to},
      free_{4 * std::size_t{cpu_.workers()} + 4},
      in_flight_{free_.capacity()} {
  for (std::size_t i = 0; i < free_.capacity(); ++i) free_.push(std::make_unique<batch>());
  writer_thread_ = std::thread{[this] { write_in_order(); }};
}

batch_ptr pipeline::acquire(std::chrono::milliseconds limit) {
  std::optional<batch_ptr> b = free_.pop_for(limit);
  return b ? std::move(*b) : nullptr;
}

void pipeline::submit(batch_ptr b) {
  const std::lock_guard lock{order_};
  lines_in_ += b->lines;
  in_flight_.push(cpu_.submit(
      [this](batch_ptr mine) {
        enricher_here().enrich(*mine);
        return mine;
      },
      std::move(b)));
}

enricher& pipeline::enricher_here() {
  std::unique_ptr<enricher>& mine = enrichers_[weir::this_worker::index().value()];
  if (mine == nullptr) mine = std::make_unique<enricher>();
  return *mine;
}

void pipeline::write_in_order() {
  while (auto next = in_flight_.pop()) {
    try {
      batch_ptr done = next->get();
      writer_.write(*done);
      if (output_.error()) failed_.store(true, std::memory_order_relaxed);
      free_.push(std::move(done));
    } catch (...) {  // out of memory, say; the batch is gone, and the identity at the end will show its lines
      if (error_ == nullptr) error_ = std::current_exception();
      failed_.store(true, std::memory_order_relaxed);
    }
  }
}

void pipeline::finish() noexcept {
  if (!writer_thread_.joinable()) return;
  in_flight_.close();
  writer_thread_.join();
}

void pipeline::finish_and_check() {
  finish();
  if (error_ != nullptr) std::rethrow_exception(error_);
}

statistics pipeline::merged_statistics() const {
  statistics all;
  for (const auto& each : enrichers_)
    if (each != nullptr) all.merge(each->counted());
  return all;
}

}  // namespace log_pipeline

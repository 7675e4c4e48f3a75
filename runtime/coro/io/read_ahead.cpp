#include "coro/io/read_ahead.hpp"

#include <cerrno>
#include <utility>

namespace weir::inline v0::detail {

outcome read_ahead::read_job::act_read(job* j, action what) noexcept {
  auto& me = static_cast<read_job&>(*j);
  const std::shared_ptr<read_job> keep = std::move(me.self);
  me.result = what == action::run ? try_read_fully(*me.file, me.offset, me.chunk.bytes()) : -ECANCELED;
  // acq_rel: release gives the chunk to the task; acquire pairs with its CAS, so that it has suspended before we wake
  // it.
  const std::uintptr_t waiter = me.phase.exchange(done, std::memory_order_acq_rel);
  if (waiter != running) reinterpret_cast<promise_base*>(waiter)->wake();
  return outcome::internal;
}

void read_ahead::send_off(buffer_pool& chunks) {
  read_->chunk = chunks.take();
  read_->phase.store(running, std::memory_order_relaxed);  // the scheduler's queue publishes it
  read_->self = read_;
  under_way_ = true;
  sched_->run_blocking(*read_);
}

bool read_ahead::wait(promise_base& task, buffer_pool& chunks) {
  sched_ = task.env.sched;
  stopped_ = task.env.stop != nullptr && task.env.stop->stop_requested();
  if (stopped_) return false;
  if (!under_way_) send_off(chunks);
  std::uintptr_t seen = running;
  // release: our suspension comes before the job's wake(); acquire on failure: the chunk.
  return read_->phase.compare_exchange_strong(seen, reinterpret_cast<std::uintptr_t>(&task), std::memory_order_acq_rel,
                                              std::memory_order_acquire);
}

buffer read_ahead::take(buffer_pool& chunks) {
  if (stopped_) throw operation_cancelled{"weir: read " + read_->file->name + ": operation cancelled"};
  under_way_ = false;
  buffer chunk = std::exchange(read_->chunk, {});
  if (read_->result == -ECANCELED)
    throw operation_cancelled{"weir: read " + read_->file->name + ": operation cancelled"};
  if (read_->result < 0) file_failed(static_cast<int>(-read_->result), "read", read_->file->name);
  if (read_->result == 0) return {};  // the next call looks again: the file may have grown
  chunk.truncate(static_cast<std::size_t>(read_->result));
  read_->offset += chunk.size();
  send_off(chunks);
  return chunk;
}

}  // namespace weir::inline v0::detail

#include <weir/detail/completion.hpp>
#include <weir/detail/delayed.hpp>
#include <weir/detail/saturating.hpp>

#include <cerrno>
#include <limits>

#include "rt/delayed_set.hpp"

namespace weir::inline v0::detail {

namespace {

constexpr std::chrono::milliseconds retry_when_full{1};

}  // namespace

// Lock order: a delayed's mutex may be held while the set's is taken, never the other way round.

void delayed::start(scheduler& clock, due_target& on, delayed_set& set) {
  std::unique_lock lock{mutex_};
  clock_ = &clock;
  on_ = &on;
  on_lives_ = on.keep_alive();
  set_ = &set;
  if (!set.add(*this)) throw runtime_closed{};
  self_ = shared_from_this();
  when_ = saturating_add(clock.now(), delay_);
  arm(lock);
}

void delayed::arm(std::unique_lock<std::mutex>& lock) noexcept {
  phase_ = phase::armed;
  alarm_.emplace(*this);
  alarm_->deadline = when_;
  clock_->start(*alarm_);  // fired() never runs inside start()
  static_cast<void>(lock);
}

// On the reactor.
void delayed::fired(operation& op) noexcept {
  delayed& d = static_cast<alarm&>(op).owner;
  std::unique_lock lock{d.mutex_};
  if (d.cancel_asked_ || op.result == -ECANCELED || d.stop_.stop_requested()) return d.end(lock);
  d.phase_ = phase::due;
  lock.unlock();
  const admission how = d.on_->submit_due(d);
  if (how == admission::accepted) return;  // d may have ended already
  lock.lock();
  if (d.closed_ && !d.cancel_asked_ && !d.is_periodic()) d.set_->note_cancelled();  // close() took it for handed in
  if (how == admission::closed || d.closed_ || d.cancel_asked_) return d.end(lock);
  d.when_ = d.clock_->now() + retry_when_full;
  d.arm(lock);
}

outcome delayed::act_on(job* j, action what) noexcept {
  auto& d = static_cast<delayed&>(*j);
  if (what == action::run) return d.run();
  std::unique_lock lock{d.mutex_};
  d.end(lock);
  return outcome::cancelled;
}

outcome delayed::run() noexcept {
  std::unique_lock lock{mutex_};
  if (cancel_asked_ || stop_.stop_requested()) return end(lock), outcome::cancelled;
  phase_ = phase::running;
  lock.unlock();
  outcome how = outcome::ok;
  try {
    call();
  } catch (const operation_cancelled&) {
    how = outcome::cancelled;
  } catch (...) {
    report_unhandled(name, std::current_exception());
    how = outcome::failed;
  }
  lock.lock();
  ++runs_;
  if (!is_periodic() || closed_ || cancel_asked_ || stop_.stop_requested()) return end(lock), how;
  const time_point now = clock_->now();
  when_ = saturating_add(when_, period_);
  if (when_ < now) {
    const auto missed = (now - when_) / period_ + 1;
    skipped_ += static_cast<std::uint64_t>(missed);
    when_ = saturating_add(when_, period_ * missed);
  }
  arm(lock);
  return how;
}

// Ends the life in the runtime; *this may be gone when it returns.
void delayed::end(std::unique_lock<std::mutex>& lock) noexcept {
  phase_ = phase::ending;  // cancel() has nothing to prevent any more
  lock.unlock();
  drop();  // the user's destructors, not under the lock
  lock.lock();
  phase_ = phase::ended;
  set_->remove(*this);
  const std::shared_ptr<delayed> last = std::move(self_);
  lock.unlock();
}

bool delayed::cancel() noexcept {
  const std::lock_guard lock{mutex_};
  if (phase_ >= phase::ending || cancel_asked_) return false;
  if (closed_ && phase_ == phase::running) return false;
  if (phase_ == phase::running && !is_periodic()) return false;
  cancel_asked_ = true;
  if (phase_ == phase::armed) clock_->cancel(*alarm_);
  return true;
}

bool delayed::close() noexcept {
  const std::lock_guard lock{mutex_};
  if (phase_ >= phase::ending || cancel_asked_) return false;
  closed_ = true;
  if (phase_ != phase::armed) return is_periodic();
  cancel_asked_ = true;
  clock_->cancel(*alarm_);
  return true;
}

bool delayed::ended() const {
  const std::lock_guard lock{mutex_};
  return phase_ == phase::ended;
}

std::uint64_t delayed::runs() const {
  const std::lock_guard lock{mutex_};
  return runs_;
}

std::uint64_t delayed::skipped() const {
  const std::lock_guard lock{mutex_};
  return skipped_;
}

void delayed_set::link(delayed*& list, delayed& d) noexcept {
  d.next_in_set_ = list;
  d.prev_in_set_ = nullptr;
  if (list != nullptr) list->prev_in_set_ = &d;
  list = &d;
  ++size_;
}

void delayed_set::unlink(delayed& d) noexcept {
  if (d.prev_in_set_ != nullptr) d.prev_in_set_->next_in_set_ = d.next_in_set_;
  if (d.next_in_set_ != nullptr) d.next_in_set_->prev_in_set_ = d.prev_in_set_;
  if (first_ == &d) first_ = d.next_in_set_;
  if (closing_ == &d) closing_ = d.next_in_set_;
  --size_;
}

bool delayed_set::add(delayed& d) noexcept {
  const std::lock_guard lock{mutex_};
  if (closed_) return false;
  link(first_, d);
  return true;
}

void delayed_set::remove(delayed& d) noexcept {
  const std::lock_guard lock{mutex_};
  unlink(d);
}

void delayed_set::close() noexcept {
  for (std::shared_ptr<delayed> d;;) {
    {
      const std::lock_guard lock{mutex_};
      closed_ = true;
      delayed* const next = first_;
      if (next == nullptr) return;
      unlink(*next);  // they leave as they end, perhaps long after: none is looked at twice
      link(closing_, *next);
      d = next->weak_from_this().lock();  // null: it is ending right now
    }
    if (d != nullptr && d->close()) note_cancelled();
  }
}

void delayed_set::note_cancelled() noexcept {
  const std::lock_guard lock{mutex_};
  ++cancelled_;
}

std::size_t delayed_set::cancelled() const noexcept {
  const std::lock_guard lock{mutex_};
  return cancelled_;
}

std::size_t delayed_set::size() const noexcept {
  const std::lock_guard lock{mutex_};
  return size_;
}

}  // namespace weir::inline v0::detail

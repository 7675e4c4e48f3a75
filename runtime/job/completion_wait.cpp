#include <weir/detail/completion_wait.hpp>

#include <weir/detail/shared_state.hpp>
#include <weir/error.hpp>

#include "sync/ref_count.hpp"
#include "sync/wait_phase.hpp"

namespace weir::inline v0::detail {

namespace phase = sync::wait_phase;

// Stands in a shared completion's list for a wait that may leave. Two references: the list's, the wait's.
struct completion_wait::stand_in : completion_waiter {
  explicit stand_in(completion_wait& w) noexcept : completion_waiter{&on_turn}, owner{&w} {}

  static void on_turn(completion_waiter& w) noexcept {
    auto& self = static_cast<stand_in&>(w);
    // Taken from the list's side: the wait cannot leave any more, so it stays until done() lets it go.
    if (completion_wait* const waiting = phase::take(self.owner)) waiting->done();
    self.drop();
  }
  void drop() noexcept {
    if (sync::ref_count::drop(refs)) destroy_node(this);
  }

  std::atomic<completion_wait*> owner;
  std::atomic<std::uint32_t> refs{2};
};

bool completion_wait::begin(completion& on, stop_state* stop, resume_fn resume) {
  on_ = &on;
  resume_ = resume;
  if (shared_ && stop != nullptr) stand_in_ = make_node<stand_in>(*this);
  completion_waiter& listed = stand_in_ != nullptr ? static_cast<completion_waiter&>(*stand_in_) : *this;
  if (!on.enlist(listed)) {
    if (stand_in_ != nullptr) stand_in_->drop();  // the list's
    return false;
  }
  stop_ = stop;
  bool interrupted = false;
  if (stop != nullptr && !stop->add(*this)) {
    interrupted = true;
    if (interrupt()) return false;
  }
  for (;;) {
    switch (phase::arm(phase_, interrupted)) {
      case phase::step::suspended:
        return true;
      case phase::step::ready:
        return false;
      case phase::step::interrupt:
        interrupted = true;
        if (interrupt()) return false;
    }
  }
}

void completion_wait::end() {
  if (stop_ != nullptr) stop_->remove(*this);  // from here on nobody else knows this object
  if (stand_in_ != nullptr) std::exchange(stand_in_, nullptr)->drop();
  if (stopped_) throw operation_cancelled{};
}

void completion_wait::on_done(completion_waiter& w) noexcept { static_cast<completion_wait&>(w).done(); }

void completion_wait::done() noexcept {
  if (phase::complete(phase_)) resume_(*this);
}

void completion_wait::on_stop(stop_node& n) noexcept {
  auto& self = static_cast<completion_wait&>(n);
  // The frame stays while this runs: end() waits for it in remove().
  if (phase::ask(self.phase_) && self.interrupt()) self.resume_(self);
}

// True: the wait is over, and nobody will call done(). False: done() is coming, or has come.
bool completion_wait::interrupt() noexcept {
  if (shared_) {
    if (phase::take(stand_in_->owner) == nullptr) return false;
  } else {
    if (on_->cancel()) return false;  // it was queued; done() has been called, and *this may be gone
    if (!on_->withdraw(*this)) return false;
  }
  stopped_ = true;
  return true;
}

}  // namespace weir::inline v0::detail

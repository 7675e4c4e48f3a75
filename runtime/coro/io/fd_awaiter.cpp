#include <weir/detail/fd_awaiter.hpp>
#include <weir/detail/trampoline.hpp>
#include <weir/error.hpp>

#include <cerrno>

#include "io/attempt.hpp"
#include "io/fd_table.hpp"

namespace weir::inline v0::detail {

namespace {

bool moves_bytes(operation::kind what) noexcept {
  using kind = operation::kind;
  return what == kind::read || what == kind::write || what == kind::recv || what == kind::send;
}

}  // namespace

fd_awaiter::fd_awaiter(kind k, const char* verb, descriptor_ref target, void* bytes, std::size_t count) noexcept
    : io_awaiter{k}, what_{verb}, on_{std::move(target)} {
  if (on_) {
    op().fd = on_->number();
    op().generation = on_->generation();
  }
  op().data = bytes;
  op().size = count;
}

// The base takes its own part of `other` only.
fd_awaiter::fd_awaiter(fd_awaiter&& other) noexcept
    // NOLINTNEXTLINE(bugprone-use-after-move)
    : io_awaiter{std::move(other)}, what_{other.what_}, on_{std::move(other.on_)} {}

bool fd_awaiter::await_ready() noexcept {
  if (!on_ || on_->closed()) {
    early_ = -EBADF;
    return true;
  }
  if (op().size == 0 && moves_bytes(op().what)) return true;  // all 0 bytes are moved; the kernel would wait for input
  // A pipe's write may raise SIGPIPE on this thread; the reactor has it blocked. Polls have nothing to try.
  const bool polls = op().what == kind::poll_in || op().what == kind::poll_out;
  if (polls || op().what == kind::write || !on_->may_try_now(io::waits_for_input(op().what))) return false;
  if (turn_is_over()) return false;  // others have the reactor first
  const io::attempt_result tried = io::attempt(op(), io::syscalls::kernel());
  early_ = tried.value;
  return tried.how == io::attempt_result::verdict::done;
}

void fd_awaiter::begin_on(promise_base& task) noexcept {
  if (!on_->closing.add(close_)) {  // closed since await_ready
    early_ = -EBADF;
    return resume_next(task.self);
  }
  suspended_ = true;
  begin(task);
}

std::int64_t fd_awaiter::outcome() noexcept {
  if (!suspended_) return early_;
  suspended_ = false;
  on_->closing.remove(close_);
  try {
    return finish();
  } catch (const operation_cancelled&) {
    return -ECANCELED;
  }
}

void fd_awaiter::fail(std::int64_t negated) const {
  if (negated == -ECANCELED) throw operation_cancelled{"weir: " + doing() + ": operation cancelled"};
  throw std::system_error{code(negated), doing()};
}

std::string fd_awaiter::doing() const {
  std::string text = what_;
  if (!on_) return text + " on a closed or empty object";
  if (on_->peer.family() != AF_UNSPEC) text += ' ' + on_->peer.to_string();
  return text;
}

}  // namespace weir::inline v0::detail

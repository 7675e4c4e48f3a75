#include <weir/detail/grace_note.hpp>

#include <new>

#include <weir/detail/grace_watch.hpp>
#include <weir/detail/saturating.hpp>

namespace weir::inline v0::detail {

grace_note::grace_note(scheduler& sched, const char* name) noexcept
    : operation{kind::sleep, &completed}, sched_{sched}, name_{name} {
  deadline = saturating_add(sched.now(), default_grace);
}

grace_note* grace_note::begin(scheduler& sched, const char* name) noexcept {
  try {
    auto* const note = new grace_note{sched, name};
    sched.start(*note);
    return note;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void grace_note::end() noexcept {
  ended_.store(true, std::memory_order_relaxed);  // a report that comes at this very moment is as good as none
  sched_.cancel(*this);
  release();
}

void grace_note::completed(operation& op) noexcept {
  auto& me = static_cast<grace_note&>(op);
  if (op.result >= 0 && !me.ended_.load(std::memory_order_relaxed))
    me.sched_.report(
        {report_kind::uncancellable, me.name_, "still running after the grace time that followed its stop", nullptr});
  me.release();
}

void grace_note::release() noexcept {
  // acq_rel: whoever destroys the note does so after the other's last touch.
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

}  // namespace weir::inline v0::detail

// What detail/trace.hpp calls when something is recorded.
#include <pthread.h>
#include <unistd.h>

#include <array>
#include <utility>

#include <weir/detail/trace.hpp>

#include "trace/clock.hpp"
#include "trace/seat.hpp"
#include "trace/session.hpp"
#include "trace/sites.hpp"

namespace weir::inline v0::tracing {
namespace {

constinit sync::lease_list<seat> seats;
constinit thread_local seat* current = nullptr;
constinit thread_local bool left = false;

struct thread_name {
  thread_name() noexcept {
    if (pthread_getname_np(pthread_self(), text.data(), text.size()) != 0) text[0] = '\0';
  }
  std::array<char, 16> text{};
};

// Its destructor gives the seat, with the ring and the events in it, to the next thread.
struct exit_hook {
  exit_hook() noexcept = default;
  exit_hook(const exit_hook&) = delete;
  exit_hook& operator=(const exit_hook&) = delete;
  ~exit_hook() {
    left = true;
    seat* const mine = std::exchange(current, nullptr);
    if (mine == nullptr) return;
    {
      const visit now{*mine};
      if (now.open(detail::trace_category::all) && mine->place != nullptr)
        mine->place->rename(thread_name{}.text.data());
    }
    mine->running.clear();
    sync::lease_list<seat>::give_back(*mine);
  }
  void arm() noexcept {}
};

seat* take_seat() {
  static thread_local exit_hook hook;
  hook.arm();
  seat* mine = seats.lease();
  if (mine == nullptr) {
    mine = new seat;
    seats.add(*mine);
  } else if (const visit now{*mine}; now.open(detail::trace_category::all) && mine->place != nullptr) {
    session::now()->move_in(*mine->place, thread_name{}.text.data());
  }
  current = mine;
  return mine;
}

[[gnu::noinline]] seat* try_to_take_seat() noexcept try { return left ? nullptr : take_seat(); } catch (...) {
  return current;
}

constexpr site_kind kind_of(detail::event what, unsigned flags) noexcept {
  using detail::event;
  switch (what) {
    case event::mark:
      return site_kind::mark;
    case event::spawn:
      return (flags & 1U) != 0 ? site_kind::task : site_kind::job;
    case event::begin:
    case event::block_begin:
      return site_kind::job;
    case event::suspend:
    case event::dropped:
    case event::unobserved:
      return site_kind::task;
    case event::group_begin:
      return site_kind::group;
    default:
      return site_kind::object;
  }
}

void note_running(run_stack& running, detail::event what, std::uint64_t id, bool muted) noexcept {
  using detail::event;
  if (what == event::begin || what == event::resume) running.push(id, muted);
  if (what == event::end || what == event::suspend) running.pop(id);
}

}  // namespace

// Not inlined, so that a coroutine which resumed on another thread cannot use the old one's seat.
[[gnu::noinline]] seat* my_seat() noexcept { return current != nullptr ? current : try_to_take_seat(); }

void quiesce() noexcept {
  sync::fence_heavy();  // (C2) of sync/visitor.hpp
  seats.for_each([](seat& s) {
    s.visitor.wait_until_gone();
    s.place = nullptr;
  });
}

}  // namespace weir::inline v0::tracing

namespace weir::inline v0::detail {

using tracing::session;

void trace_record(event what, unsigned flags, std::uint64_t id, std::uint64_t arg, const trace_site& site) noexcept {
  tracing::seat* const mine = tracing::my_seat();
  if (mine == nullptr) return session::count_homeless();
  const tracing::visit now{*mine};
  if (!now.open(category_of(what))) return;
  const bool muted = (flags & trace_muted) != 0;
  if (mine->recording != session::serial()) {
    mine->recording = session::serial();
    mine->running.clear();
  }
  if (what == event::mark)
    if (const trace_running in = mine->running.top(); !in.muted) id = in.id;
  tracing::note_running(mine->running, what, id, muted);
  if (muted) return;
  if (mine->place == nullptr) [[unlikely]] {
    mine->place = session::now()->ring_for(tracing::thread_name{}.text.data());
    if (mine->place == nullptr) return session::count_homeless();
  }
  if (what == event::tick) session::now()->lag(id & 0xFFFFFFFFU);
  const std::uint32_t where = tracing::the_sites.id_of(site, tracing::kind_of(what, flags));
  mine->place->write(
      {tracing::ticks(), static_cast<std::uint16_t>(what), static_cast<std::uint16_t>(flags), where, id, arg});
}

trace_running trace_current() noexcept {
  const tracing::seat* const mine = tracing::my_seat();
  return mine != nullptr && mine->recording == session::serial() ? mine->running.top() : trace_running{0, false};
}

bool trace_mutes_root() noexcept {
  const std::uint32_t sample = session::sample();
  if (sample <= 1) return false;
  tracing::seat* const mine = tracing::my_seat();
  return mine == nullptr || mine->roots++ % sample != 0;
}

}  // namespace weir::inline v0::detail

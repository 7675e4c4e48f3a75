#include "io/signals.hpp"

#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <string>
#include <system_error>

namespace weir::inline v0::io {

namespace {

constexpr int first_signal = 1, last_signal = 63;

struct slot {
  std::atomic<int> eventfd{-1};
  std::atomic<std::uint64_t> wanted{0}, pending{0};
  bool taken = false;  // under the mutex
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

// The process has one table of signal actions, so there is one of these. Static storage: a handler may run at any time.
constinit std::array<slot, 16> slots{};
constinit std::atomic<int> handlers_running{0};
constinit std::mutex installing{};
struct installed {
  int listeners = 0;
  struct sigaction before{};
};
constinit std::array<installed, last_signal + 1> actions{};

constexpr std::uint64_t bit(int signal) noexcept { return std::uint64_t{1} << signal; }

void on_signal(int signal) noexcept {
  const int kept = errno;
  handlers_running.fetch_add(1, std::memory_order_seq_cst);  // (H1)
  for (slot& s : slots) {
    const int eventfd = s.eventfd.load(std::memory_order_seq_cst);  // (H2)
    if (eventfd < 0 || (s.wanted.load(std::memory_order_relaxed) & bit(signal)) == 0) continue;
    // release: to the exchange in take(), which follows the read of the eventfd.
    s.pending.fetch_or(bit(signal), std::memory_order_release);
    const std::uint64_t one = 1;
    if (::write(eventfd, &one, sizeof one) < 0) errno = 0;  // full: it is readable already
  }
  handlers_running.fetch_sub(1, std::memory_order_seq_cst);
  errno = kept;
}

void uninstall(int signal) noexcept {
  if (--actions[static_cast<std::size_t>(signal)].listeners == 0)
    ::sigaction(signal, &actions[static_cast<std::size_t>(signal)].before, nullptr);
}

void install(int signal) {
  installed& i = actions[static_cast<std::size_t>(signal)];
  if (i.listeners == 0) {
    struct sigaction wanted{};
    wanted.sa_handler = &on_signal;
    wanted.sa_flags = SA_RESTART;
    sigfillset(&wanted.sa_mask);
    if (::sigaction(signal, &wanted, &i.before) != 0)
      throw std::system_error{errno, std::system_category(), "weir: handling signal " + std::to_string(signal)};
  }
  ++i.listeners;
}

}  // namespace

signal_listener::signal_listener(std::uint64_t mask, int eventfd) : mask_{mask}, slot_{-1} {
  const std::lock_guard hold{installing};
  for (std::size_t n = 0; n < slots.size() && slot_ < 0; ++n)
    if (!slots[n].taken) slot_ = static_cast<int>(n);
  if (slot_ < 0) throw std::system_error{EAGAIN, std::system_category(), "weir: more than 16 signal sets at once"};
  slot& mine = slots[static_cast<std::size_t>(slot_)];
  mine.wanted.store(mask, std::memory_order_relaxed);  // before the descriptor, which publishes it
  mine.pending.store(0, std::memory_order_relaxed);
  mine.eventfd.store(eventfd, std::memory_order_seq_cst);
  int done = first_signal;
  try {
    for (; done <= last_signal; ++done)
      if ((mask & bit(done)) != 0) install(done);
  } catch (...) {
    while (--done >= first_signal)
      if ((mask & bit(done)) != 0) uninstall(done);
    mine.eventfd.store(-1, std::memory_order_seq_cst);
    while (handlers_running.load(std::memory_order_seq_cst) != 0) sched_yield();
    throw;
  }
  mine.taken = true;
}

signal_listener::~signal_listener() {
  const std::lock_guard hold{installing};
  for (int n = first_signal; n <= last_signal; ++n)
    if ((mask_ & bit(n)) != 0) uninstall(n);
  slot& mine = slots[static_cast<std::size_t>(slot_)];
  mine.eventfd.exchange(-1, std::memory_order_seq_cst);                         // (V1)
  while (handlers_running.load(std::memory_order_seq_cst) != 0) sched_yield();  // (V2)
  mine.taken = false;
}

std::uint64_t signal_listener::take() noexcept {
  // acquire: pairs with the handler's fetch_or.
  return slots[static_cast<std::size_t>(slot_)].pending.exchange(0, std::memory_order_acquire);
}

}  // namespace weir::inline v0::io

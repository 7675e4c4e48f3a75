// Readiness told by the test; no descriptors, no time. Keeps the backend contract (tests/io/backend_test.cpp).
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>

#include "io/backend.hpp"

namespace weir_test {

class fake_backend : public weir::io::backend {
 public:
  using watch_mode = weir::io::watch_mode;

  /// The descriptor becomes readable or writable; stays so until calm().
  void make_ready(int fd, bool in, bool out) {
    const std::lock_guard hold{mutex_};
    file& f = files_[fd];
    f.in = f.in || in;
    f.out = f.out || out;
    announce(fd, f, in, out);
    changed_.notify_all();
  }
  void calm(int fd) {
    const std::lock_guard hold{mutex_};
    files_[fd].in = files_[fd].out = false;
  }
  /// Returns once a wait without events is blocked (or was since the last call to it).
  void await_sleep() {
    std::unique_lock hold{mutex_};
    changed_.wait(hold, [this] { return sleeping_; });
  }

  int watch(int fd, std::uint32_t tag, watch_mode mode) noexcept override {
    const std::lock_guard hold{mutex_};
    file& f = files_[fd];
    f.tag = tag;
    f.mode = mode;
    f.armed = true;
    std::erase_if(events_, [fd](const auto& e) { return e.fd == fd; });
    announce(fd, f, f.in, f.out);
    return 0;
  }
  void unwatch(int fd) noexcept override {
    const std::lock_guard hold{mutex_};
    files_[fd].armed = false;
    std::erase_if(events_, [fd](const auto& e) { return e.fd == fd; });
  }
  int wait(std::span<weir::io::ready_event> events, std::int64_t timeout_ns, bool& woken) noexcept override {
    std::unique_lock hold{mutex_};
    if (timeout_ns != 0 && events_.empty() && !woken_) {
      sleeping_ = true;
      changed_.notify_all();
      changed_.wait(hold, [this] { return !events_.empty() || woken_; });
      sleeping_ = false;
    }
    woken = woken_;
    woken_ = false;
    int found = 0;
    while (!events_.empty() && static_cast<std::size_t>(found) < events.size()) {
      events[static_cast<std::size_t>(found++)] = events_.front();
      events_.pop_front();
    }
    return found;
  }
  void wake() noexcept override {
    const std::lock_guard hold{mutex_};
    woken_ = true;
    changed_.notify_all();
  }
  const char* name() const noexcept override { return "fake"; }

 private:
  struct file {
    std::uint32_t tag = 0;
    watch_mode mode = watch_mode::edge;
    bool armed = false, in = false, out = false;
  };

  void announce(int fd, file& f, bool in, bool out) {
    in = in && f.mode != watch_mode::once_out;
    out = out && f.mode != watch_mode::once_in;
    if (!f.armed || (!in && !out)) return;
    events_.push_back({fd, f.tag, in, out});
    if (f.mode != watch_mode::edge) f.armed = false;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int, file> files_;
  std::deque<weir::io::ready_event> events_;
  bool woken_ = false;
  bool sleeping_ = false;
};

}  // namespace weir_test

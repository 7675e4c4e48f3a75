// The backend contract (io/backend.hpp), held by every backend and by the fake that other tests trust.
#include "io/backend.hpp"

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <thread>

#include "io/epoll_backend.hpp"
#include "io/support/fake_backend.hpp"
#include "io/support/sockets.hpp"

using weir::io::ready_event;
using weir::io::watch_mode;

namespace {

struct epoll_world {
  std::unique_ptr<weir::io::backend> backend = weir::io::make_epoll_backend(weir::io::syscalls::kernel());
  weir_test::pair sockets = weir_test::pipe_pair();
  int fd = sockets.ours.get();

  void fill() { REQUIRE(weir_test::put(sockets.theirs, "x")); }
  void drain() {
    char c;
    while (::read(fd, &c, 1) == 1) {
    }
  }
};

struct fake_world {
  std::unique_ptr<weir_test::fake_backend> backend = std::make_unique<weir_test::fake_backend>();
  int fd = 7;

  void fill() { backend->make_ready(fd, true, false); }
  void drain() { backend->calm(fd); }
};

template <class World>
struct looked {
  explicit looked(World& w, std::int64_t timeout = 0) { count = w.backend->wait(events, timeout, woken); }
  [[nodiscard]] bool one(int fd, std::uint32_t tag) const {
    return count == 1 && events[0].fd == fd && events[0].tag == tag && events[0].in;
  }
  std::array<ready_event, 8> events{};
  bool woken = false;
  int count;
};

}  // namespace

TEST_CASE_TEMPLATE("backend: readiness before and after the watch is reported [B1]", World, epoll_world, fake_world) {
  World before;
  before.fill();
  REQUIRE(before.backend->watch(before.fd, 3, watch_mode::edge) == 0);
  CHECK(looked{before}.one(before.fd, 3));
  World after;
  REQUIRE(after.backend->watch(after.fd, 4, watch_mode::edge) == 0);
  CHECK(looked{after}.count == 0);
  after.fill();
  CHECK(looked{after, -1}.one(after.fd, 4));
}

TEST_CASE_TEMPLATE("backend: an edge watch reports every new readiness [B2]", World, epoll_world, fake_world) {
  World w;
  REQUIRE(w.backend->watch(w.fd, 1, watch_mode::edge) == 0);
  for (int i = 0; i < 3; ++i) {
    w.fill();
    CHECK(looked{w, -1}.one(w.fd, 1));
    w.drain();
    CHECK(looked{w}.count == 0);
  }
}

TEST_CASE_TEMPLATE("backend: a one-shot watch is silent until it is renewed [B3]", World, epoll_world, fake_world) {
  World w;
  REQUIRE(w.backend->watch(w.fd, 1, watch_mode::once_in) == 0);
  w.fill();
  CHECK(looked{w, -1}.one(w.fd, 1));
  w.fill();
  CHECK(looked{w}.count == 0);
  REQUIRE(w.backend->watch(w.fd, 1, watch_mode::once_both) == 0);
  CHECK(looked{w, -1}.one(w.fd, 1));
}

TEST_CASE_TEMPLATE("backend: events carry the tag of the last watch; none come after unwatch [B4]", World, epoll_world,
                   fake_world) {
  World w;
  REQUIRE(w.backend->watch(w.fd, 1, watch_mode::edge) == 0);
  REQUIRE(w.backend->watch(w.fd, 2, watch_mode::edge) == 0);
  w.fill();
  CHECK(looked{w, -1}.one(w.fd, 2));
  w.drain();
  w.backend->unwatch(w.fd);
  w.backend->unwatch(w.fd);  // twice is harmless
  w.fill();
  CHECK(looked{w}.count == 0);
}

TEST_CASE_TEMPLATE("backend: wake ends the wait that runs, or the next one [B5]", World, epoll_world, fake_world) {
  World w;
  w.backend->wake();
  CHECK(looked{w, -1}.woken);
  for (int i = 0; i < 100; ++i) {
    std::thread other{[&] { w.backend->wake(); }};
    CHECK(looked{w, -1}.woken);
    other.join();
  }
  CHECK_FALSE(looked{w}.woken);
}

TEST_CASE("epoll backend: a timed wait ends by itself, and what epoll cannot watch is refused with EPERM") {
  epoll_world w;
  CHECK(looked{w, 1'000'000}.count == 0);
  weir_test::descriptor file{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};
  CHECK(w.backend->watch(file.get(), 1, watch_mode::edge) == -EPERM);
  CHECK(w.backend->watch(1'000'000, 1, watch_mode::edge) == -EBADF);
}

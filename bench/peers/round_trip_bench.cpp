// round_trip_bench.cpp - one empty job from an outside thread, and its end seen by that thread.
//
// us from the call to the return of the wait, p50 and p99, back to back and spaced 100 us apart (then everybody sleeps
// in between). Ours is submit().get(); a peer's job sets a flag on which the thread waits (one futex), less than its
// future would cost. The floor: two threads hand a futex to and fro. spin: the same with workers that look for work for
// 1 ms before they sleep, and what that costs (rows .../processors: processors busy during the trips, and
// idle_bench.cpp). Every trip checks that its job has run, once, and no other one: the job counts, the caller compares.
#include <weir/runtime.hpp>

#include <sys/resource.h>
#include <asio/post.hpp>
#include <asio/thread_pool.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>

#include "peers/flag.hpp"
#include "peers/mutex_pool.hpp"
#include "peers/tbb_pool.hpp"
#include "support/latency.hpp"

namespace {

constexpr unsigned workers = 2;

// What the jobs of one contestant have done. A plain count: whoever reads it has waited for the job that wrote it last.
class trips_made {
 public:
  void run() noexcept { ++ran_; }
  void check(const char* who) {
    if (ran_ == ++expected_) return;
    std::fprintf(stderr, "round_trip_bench: %s: %llu jobs have run after %llu trips\n", who,
                 static_cast<unsigned long long>(ran_), static_cast<unsigned long long>(expected_));
    std::abort();
  }

 private:
  std::uint64_t ran_ = 0, expected_ = 0;
};

class bare_futex {
 public:
  bare_futex()
      : other_{[this] {
          for (;;) {
            there_.wait();
            if (ended_) return;
            made_.run();
            back_.set();
          }
        }} {}
  bare_futex(const bare_futex&) = delete;
  bare_futex& operator=(const bare_futex&) = delete;
  ~bare_futex() {
    ended_ = true;
    there_.set();
    other_.join();
  }
  void trip() {
    there_.set();
    back_.wait();
    made_.check("bare futex");
  }

 private:
  bench::flag there_, back_;
  trips_made made_;
  bool ended_ = false;
  std::thread other_;
};

double cpu_seconds() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  const auto s = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
  return s(u.ru_utime) + s(u.ru_stime);
}

// How many processors this process keeps busy while trips are made one after another with pauses.
void processors_row(bench::suite& suite, const std::string& name, std::chrono::nanoseconds pause,
                    const std::function<void()>& trip) {
  if (!suite.runs(name)) return suite.report({.name = name});
  const double cpu = cpu_seconds();
  const auto start = std::chrono::steady_clock::now();
  const auto length = std::chrono::duration<double>{suite.quick() ? 0.3 : 2.0};
  while (std::chrono::steady_clock::now() - start < length) {
    if (pause.count() > 0) std::this_thread::sleep_for(pause);
    trip();
  }
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  suite.report({.name = name, .unit = "processors", .workers = workers, .ours = (cpu_seconds() - cpu) / wall});
}

}  // namespace

int main(int argc, char** argv) {
  bench::suite suite{argc, argv};
  weir::runtime rt{weir::runtime_options{.threads = workers}};
  weir::runtime spinning{weir::runtime_options{.threads = workers, .spin = std::chrono::milliseconds{1}}};
  bench::mutex_pool<std::function<void()>> mutex_pool{workers};
  asio::thread_pool asio_pool{workers};
  bench::tbb_pool tbb{workers};
  bare_futex futex;
  bench::flag done;

  trips_made of_ours, of_spinning, of_peers;
  const auto ours = [&] {
    rt.cpu().submit([&of_ours] { of_ours.run(); }).get();
    of_ours.check("ours");
  };
  const auto spin = [&] {
    spinning.cpu().submit([&of_spinning] { of_spinning.run(); }).get();
    of_spinning.check("ours, spinning");
  };
  const auto set = [&done, &of_peers] {
    of_peers.run();
    done.set();
  };
  const auto wait_for = [&done, &of_peers](const char* who) {
    done.wait();
    of_peers.check(who);
  };
  constexpr double target = 1 / 1.1;  // of the best of these three, so of each
  const std::vector<bench::traveller> peers{{.name = "mutex + cv pool",
                                             .trip =
                                                 [&] {
                                                   mutex_pool.post(set);
                                                   wait_for("mutex + cv pool");
                                                 },
                                             .least = target},
                                            {.name = "asio::post",
                                             .trip =
                                                 [&] {
                                                   asio::post(asio_pool, set);
                                                   wait_for("asio::post");
                                                 },
                                             .least = target},
                                            {.name = "tbb arena.enqueue",
                                             .trip =
                                                 [&] {
                                                   tbb.arena.enqueue(set);
                                                   wait_for("tbb arena.enqueue");
                                                 },
                                             .least = target},
                                            {.name = "bare futex hand-off (floor)", .trip = [&] { futex.trip(); }}};

  for (const std::chrono::microseconds pause : {std::chrono::microseconds{0}, std::chrono::microseconds{100}}) {
    const std::string name = pause.count() == 0 ? "round_trip/back_to_back" : "round_trip/spaced_100us";
    bench::latency trips{.name = name, .workers = workers, .pause = pause, .ours = {.trip = ours}, .peers = peers};
    trips.trips = pause.count() == 0 ? 2000 : 500;
    trips.run(suite);
    trips.name += "/spin_1ms";
    trips.ours.trip = spin;
    trips.peers.resize(0);
    trips.run(suite);
    processors_row(suite, name + "/processors", pause, ours);
    processors_row(suite, name + "/spin_1ms/processors", pause, spin);
  }
  return suite.finish();
}

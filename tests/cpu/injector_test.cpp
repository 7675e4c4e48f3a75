// cpu/injector.hpp by itself: producers are leased by threads, and come back.
#include "cpu/injector.hpp"

#include <array>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using weir::cpu::injector;
using weir::detail::action;
using weir::detail::job;
using weir::detail::outcome;

namespace {

outcome never_run(job* /*j*/, action /*what*/) noexcept { return outcome::ok; }

std::vector<job> jobs_of(std::size_t n) {
  std::vector<job> all;
  for (std::size_t i = 0; i < n; ++i) all.emplace_back(&never_run);
  return all;
}

std::size_t take_all(injector& from) {
  std::array<job*, 16> out{};
  std::size_t all = 0;
  for (std::size_t n = from.take(0, 1, out.data(), out.size()); n != 0; n = from.take(0, 1, out.data(), out.size())) {
    from.give_back(1, static_cast<std::uint32_t>(n));
    all += n;
  }
  return all;
}

/// Submits when its thread's other thread_local objects have gone.
struct late {
  injector& to;
  std::vector<job>& jobs;
  late(injector& in, std::vector<job>& all) : to{in}, jobs{all} {}
  late(const late&) = delete;
  late& operator=(const late&) = delete;
  ~late() {
    for (job& j : jobs) (void)(to.attempt(1) && to.try_push(j));
  }
};

}  // namespace

TEST_CASE("injector: threads that come one after the other share one producer") {
  injector in{64, 1};
  auto jobs = jobs_of(20);
  for (job& j : jobs) std::thread{[&] { CHECK(in.try_push(j)); }}.join();
  CHECK(in.producers() == 1);
  CHECK(take_all(in) == 20);
}

TEST_CASE("injector: what a thread submits in its last destructors is not lost, and takes no producer for good") {
  injector in{256, 1};
  auto early = jobs_of(1), jobs = jobs_of(100);
  std::thread{[&] {
    static thread_local late last{in, jobs};  // constructed before the thread's leases: destroyed after them
    CHECK(last.to.try_push(early.front()));
  }}.join();
  CHECK(in.attempts() == 100);
  CHECK(in.producers() == 1);
  CHECK(take_all(in) == 101);
  CHECK(in.credits_in_use() == 0);
  CHECK_FALSE(in.any_published());
}

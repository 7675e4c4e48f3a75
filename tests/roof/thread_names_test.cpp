// What tools that list threads show of a runtime.
#include <pthread.h>

#include <array>
#include <latch>
#include <string>

#include <doctest/doctest.h>

#include <weir/weir.hpp>

namespace {

std::string name_here() {
  char name[16]{};
  pthread_getname_np(pthread_self(), name, sizeof name);
  return name;
}

// Two jobs that meet, so that both workers run. Posted by the reactor: it, or the anchor that it wakes, invites the
// other worker and thus creates TBB's thread.
weir::task<std::array<std::string, 2>> names_of_both(weir::runtime& rt) {
  co_await weir::resume_on(weir::home::io);
  std::array<std::string, 2> names;
  std::latch both{2};
  const auto look = [&](std::string& name) {
    name = name_here();
    both.arrive_and_wait();
  };
  auto first = rt.cpu().submit([&] { look(names[0]); });
  auto second = rt.cpu().submit([&] { look(names[1]); });
  co_await std::move(first);
  co_await std::move(second);
  co_return names;
}

std::array<std::string, 2> sorted(std::array<std::string, 2> names) {
  if (names[1] < names[0]) std::swap(names[0], names[1]);
  return names;
}

}  // namespace

TEST_CASE("thread names: a worker that TBB created does not bear the name of the thread of ours that invited it") {
  weir::runtime rt{weir::runtime_options{.threads = 2}};
  const auto names = sorted(weir::block_on(rt, names_of_both(rt)));
  CHECK(names[0] == "weir-0");
  CHECK(names[1] == "weir-tbb");
}

TEST_CASE("thread names: a long name of the runtime's is cut for all its threads") {
  weir::runtime rt{weir::runtime_options{.threads = 2, .thread_name = "accounting-service"}};
  const auto names = sorted(weir::block_on(rt, names_of_both(rt)));
  CHECK(names[0] == "accounting--tbb");  // 15 bytes are all a name may have
  CHECK(names[1] == "accounting-s-0");
}

#include "base/report_hub.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using weir::report;
using weir::report_kind;
using weir::base::rate_limit;
using weir::base::report_hub;
using weir::base::stderr_sink;

namespace {

// What is written to fd() can be read back.
class captured_lines {
 public:
  captured_lines() { REQUIRE(pipe2(fds_, O_NONBLOCK) == 0); }
  captured_lines(const captured_lines&) = delete;
  captured_lines& operator=(const captured_lines&) = delete;
  ~captured_lines() {
    close(fds_[0]);
    close(fds_[1]);
  }
  int fd() const { return fds_[1]; }
  std::string text() const {
    std::string all;
    char buffer[4096];
    for (ssize_t n = 0; (n = read(fds_[0], buffer, sizeof buffer)) > 0;)
      all.append(buffer, static_cast<std::size_t>(n));
    return all;
  }

 private:
  int fds_[2];
};

report of(report_kind kind, std::string_view message = "it happened") { return {kind, "worker", message, nullptr}; }

std::uint64_t fake_second = 0;
std::uint64_t fake_clock() noexcept { return fake_second; }

std::ptrdiff_t lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

}  // namespace

TEST_CASE("report: every kind has a name of its own") {
  std::set<std::string_view> names;
  for (std::size_t k = 0; k < weir::report_kinds; ++k) names.insert(to_string(static_cast<report_kind>(k)));
  CHECK(names.size() == weir::report_kinds);
  CHECK(names.count("unhandled_exception") == 1);
  CHECK(to_string(static_cast<report_kind>(200)) == "unknown");
  CHECK(names.count("unknown") == 0);
}

TEST_CASE("stderr_sink: a report is one line that says kind, name, message and exception") {
  const captured_lines out;
  stderr_sink sink{out.fd()};
  sink({report_kind::unhandled_exception, "resize", "posted work threw",
        std::make_exception_ptr(std::runtime_error{"bad\nimage"})});
  CHECK(out.text() == "weir: unhandled_exception in resize: posted work threw: bad image\n");
  sink({report_kind::dropped, "", "3 jobs", std::make_exception_ptr(7)});
  CHECK(out.text() == "weir: dropped: 3 jobs: an exception that is no std::exception\n");
  sink(of(report_kind::dropped, std::string(5000, 'x')));
  const std::string text = out.text();
  CHECK(text.size() == 1024);
  CHECK(lines(text) == 1);
}

TEST_CASE("stderr_sink: at most ten lines a second, and what was left out is said") {
  const captured_lines out;
  {
    fake_second = 100;
    stderr_sink sink{out.fd(), fake_clock};
    const report_hub hub{{}, sink};  // says the rest when it ends
    for (int i = 0; i < 25; ++i) sink(of(report_kind::dropped));
    CHECK(lines(out.text()) == 10);
    fake_second = 101;
    sink(of(report_kind::dropped));
    CHECK(out.text() == "weir: dropped in worker: it happened (reports left out before this one: 15)\n");
    for (int i = 0; i < 12; ++i) sink(of(report_kind::dropped));
    const std::string text = out.text();
    CHECK(lines(text) == 9);
    CHECK(text.find("left out") == std::string::npos);
  }
  CHECK(out.text() == "weir: reports left out: 3\n");
}

TEST_CASE("rate_limit: concurrent askers get exactly the rate, and every refusal is counted once") {
  rate_limit limit{10};
  std::atomic<std::uint64_t> admitted{0};
  std::atomic<std::uint64_t> told{0};
  for (std::uint64_t second = 1; second <= 20; ++second) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 500; ++i)
          if (const auto left_out = limit.admit(second)) {
            ++admitted;
            told += *left_out;
          }
      });
    for (std::thread& t : threads) t.join();
  }
  CHECK(admitted.load() == 200);
  CHECK(told.load() + limit.take_left_out() == 20 * 2000 - 200);
  CHECK_FALSE(limit.admit(3));  // an old second gives nothing new
}

TEST_CASE("report_hub: the user's sink gets every report, and every kind is counted") {
  const captured_lines out;
  std::vector<std::string> got;
  stderr_sink fallback{out.fd()};
  report_hub hub{[&](const report& r) { got.emplace_back(r.message); }, fallback};
  for (int i = 0; i < 30; ++i) hub.report(of(report_kind::never_awaited));
  hub.report(of(report_kind::resource, "no thread"));
  CHECK(got.size() == 31);
  CHECK(got.back() == "no thread");
  CHECK(hub.count(report_kind::never_awaited) == 30);
  CHECK(hub.counts()[static_cast<std::size_t>(report_kind::resource)] == 1);
  CHECK(hub.count(report_kind::dropped) == 0);
  CHECK(out.text().empty());
}

TEST_CASE("report_hub: without a sink reports go to stderr") {
  const captured_lines out;
  stderr_sink fallback{out.fd()};
  report_hub hub{{}, fallback};
  hub.report(of(report_kind::dropped));
  CHECK(out.text() == "weir: dropped in worker: it happened\n");
}

TEST_CASE("report_hub: a sink that throws is counted, and its report is not lost") {
  const captured_lines out;
  stderr_sink fallback{out.fd()};
  report_hub hub{[](const report&) { throw std::runtime_error{"sink"}; }, fallback};
  hub.report(of(report_kind::dropped));
  hub.report(of(report_kind::dropped));
  CHECK(hub.sink_failures() == 2);
  CHECK(hub.count(report_kind::dropped) == 2);
  CHECK(lines(out.text()) == 2);
}

TEST_CASE("report_hub: a sink that reports does not call itself; the inner report goes to stderr") {
  const captured_lines out;
  report_hub* self = nullptr;
  int calls = 0;
  stderr_sink fallback{out.fd()};
  report_hub hub{[&](const report&) {
                   ++calls;
                   self->report(of(report_kind::resource, "from inside"));
                 },
                 fallback};
  self = &hub;
  hub.report(of(report_kind::dropped));
  hub.report(of(report_kind::dropped));
  CHECK(calls == 2);
  CHECK(hub.count(report_kind::resource) == 2);
  CHECK(lines(out.text()) == 2);
}

TEST_CASE("report_hub: concurrent reports are all counted and all delivered") {
  std::atomic<int> delivered{0};
  report_hub hub{[&](const report&) { ++delivered; }};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) hub.report(of(report_kind::slow_continuation));
    });
  for (std::thread& t : threads) t.join();
  CHECK(delivered.load() == 20'000);
  CHECK(hub.count(report_kind::slow_continuation) == 20'000);
}

#include "measure.hpp"

#include <sys/resource.h>

#include <csignal>
#include <string>
#include <variant>

#include <weir/testing.hpp>

#include "failure.hpp"
#include "memory_partner.hpp"
#include "peak_memory.hpp"
#include "reports.hpp"
#include "stop_signals.hpp"
#include "tcp_partner.hpp"

namespace account_sync {
namespace {

using namespace std::chrono_literals;

weir::task<> restart_in_the_middle(const job& j) {
  co_await j.book.half_done().wait();
  j.book.partner_went_down();
  co_await j.to.restart(down_time);
  j.book.partner_is_back();
}

weir::task<> run_shape(weir::task_group& beside, shape s, const job& j, bool restart) {
  if (restart) co_await beside.spawn(restart_in_the_middle(j), "restart");
  j.book.work_begins();
  co_await carry_out(s, j);
  j.book.work_ends();
}

/// The job, and the partner's restart beside it: both have ended when this has.
weir::task<> whole(shape s, const job& j, bool restart) {
  const weir::group_options options{.limit = weir::par{1}, .name = "job"};
  co_await weir::with_group(options, run_shape, s, std::ref(j), restart);
}

/// 0, or the signal that came first.
weir::task<int> until_signal(weir::signal_set& stops, shape s, const job& j, bool restart) {
  weir::task<> work = whole(s, j, restart);
  weir::task<int> signal = stops.next();
  const auto first = co_await weir::race(std::move(work), std::move(signal));
  if (first.index == 0) co_return 0;
  co_return std::get<1>(first.value);
}

outcome begin(shape s, const options& o) {
  outcome out;
  out.what = s;
  out.accounts = o.accounts_of(s);
  out.predicted = predicted(s, o.in, out.accounts);
  out.restarted = o.restart;
  out.idle_rss_bytes = peak_rss_bytes();
  return out;
}

outcome finish(outcome out, const ledger& book) {
  out.kept = book.read();
  out.peak_rss_bytes = peak_rss_bytes();
  return out;
}

weir::task<weir::tcp_stream> connect(std::uint16_t port) {
  co_return co_await weir::tcp_stream::connect(weir::endpoint::loopback(port));
}

void limit_descriptors(std::size_t n) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < n)
    throw failure{no_resources, "the system gives a process " + std::to_string(limit.rlim_max) +
                                    " descriptors at most; see --descriptors"};
  limit.rlim_cur = n;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) throw failure::from_errno(no_resources, "cannot limit the descriptors");
}

}  // namespace

outcome measure_in_real_time(shape s, const options& o, partner_ports at) {
  limit_descriptors(o.in.descriptors);
  weir::runtime rt{weir::runtime_options{.on_report = &print_report}};
  outcome out = begin(s, o);
  progress shown{name_of(s), out.accounts};
  ledger book{rt, out.accounts, shown};
  tcp_partner to{weir::endpoint::loopback(at.service), rt.block_on(connect(at.control)), book};
  const job j{.in = o.in, .to = to, .book = book, .on = rt, .accounts = out.accounts};
  weir::signal_set stops{SIGINT, SIGTERM};
  stop_signals::unblock();
  out.stopped_by = rt.block_on(until_signal(stops, s, j, o.restart));
  out.uncancellable = rt.stats().reports[static_cast<std::size_t>(weir::report_kind::uncancellable)];
  return finish(out, book);
}

outcome measure_in_virtual_time(shape s, const options& o) {
  stop_signals::unblock();  // they end the process
  weir::testing::manual_runtime rt{{.seed = o.in.seed}};
  outcome out = begin(s, o);
  progress shown{name_of(s), out.accounts};
  ledger book{rt, out.accounts, shown};
  memory_partner to{rt, o.in, book};
  const job j{.in = o.in, .to = to, .book = book, .on = rt, .accounts = out.accounts};
  rt.block_on(whole(s, j, o.restart));
  return finish(out, book);
}

}  // namespace account_sync

// weir/report.hpp - the one sink for everything that must not pass unseen.                    [floor: base]
//
// What has no waiter to be delivered to (an exception of a posted job, work that ignores its cancellation, a slow
// continuation, dropped items, tasks nobody awaited, workers that all wait for queued work) becomes a report: it goes
// to runtime_options::on_report and to a counter in runtime::stats(). The default sink writes one line to stderr,
// at most ten a second, and says how many it left out.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <string_view>

namespace weir::inline v0 {

enum class report_kind : unsigned {
  unhandled_exception,  ///< posted work threw and has no waiter
  uncancellable,        ///< work kept running after the grace time that followed its cancellation
  slow_continuation,    ///< one continuation held the reactor thread too long
  dropped,              ///< accepted work was discarded without running
  never_awaited,        ///< a task was destroyed unstarted, or its error was never observed
  workers_blocked,      ///< every worker waits for work that only a worker can run
  resource,             ///< the system refused something weir can live without (a thread, io_uring, membarrier)
  nested_acquire,       ///< a task that holds a permit of a limiter asked for another one: it can wait for itself
  late_callback,        ///< a completion was used a second time, or after its task had been stopped
  foreign_await,        ///< a task waits for something else while it holds a lease of a resource_pool
};
inline constexpr std::size_t report_kinds = 10;

/// The name of a kind as it appears in messages and metrics, e.g. "unhandled_exception".
std::string_view to_string(report_kind kind) noexcept;

/// One reported event. The views are valid only during the call of the sink.
struct report {
  report_kind kind;
  std::string_view name;     ///< of the task, worker or object concerned; may be empty
  std::string_view message;  ///< what happened, one line
  std::exception_ptr error;  ///< the exception, where there is one
};

/// Called from any thread, possibly from several at once; must not throw and should not block.
using report_sink = std::function<void(const report&)>;

}  // namespace weir::inline v0

// explorer/model.hpp - what a model is written with.
//
//   int main(int argc, char** argv) {
//     return model::main(argc, argv, {{"parker: a wake-up is never lost [I1]", {.preemptions = 3}, [] {
//       sync::parker p;
//       model::thread([&] { p.unpark(); });
//       p.park();
//       model::join();
//     }}});
//   }
//
// The body runs once per execution, from the beginning, as thread 0. It and everything it calls must be deterministic:
// no addresses, clocks or random numbers in decisions. Objects live on its stack; nothing may outlive an execution.
#pragma once

#include "explorer/atomic.hpp"
#include "explorer/plain.hpp"

namespace weir::inline v0::model {

/// Starts a thread of the model. What precedes it happens before the thread.
template <class F>
void thread(F f) {
  the.spawn(std::move(f));
}

/// Waits until every thread has ended (or is stopped for ever).
inline void join() { the.join(); }

/// The claim of the model.
inline void require(bool claim, const char* what = "a claim", site w = site::current()) {
  if (!claim) the.fail("require failed: %s, line %u", what, w.line());
}

/// One of 0..n-1, all of them in turn: for what the environment decides.
inline unsigned any_of(unsigned n) {
  the.acted();
  return the.choose(n);
}

/// True when options.stop_forever has stopped a thread in this execution.
inline bool somebody_stopped() { return the.somebody_stopped(); }

/// A C++ fence, for the litmus tests.
inline void fence(order o) {
  the.point();
  the.store.fence(the.mine(), the.self(), o);
}

/// While it lives, the calling thread may be stopped for ever (options.stop_forever): the others must still finish.
class lock_free {
 public:
  lock_free() { the.me().lock_free = true; }
  ~lock_free() { the.me().lock_free = false; }
  lock_free(const lock_free&) = delete;
  lock_free& operator=(const lock_free&) = delete;
};

struct result {
  bool complete = false;  ///< every execution within the bounds was run
  std::uint64_t executions = 0;
  std::uint64_t pruned = 0;  ///< choices within the bounds that were not followed; not complete unless 0
  std::string failure;       ///< empty: none
};

/// Explores body; prints the steps of the first failing execution unless quiet.
inline result check(const options& o, const std::function<void()>& body, bool quiet = false) {
  result r;
  the.path.clear();
  the.pruned = 0;
  for (;;) {
    the.begin(o, body);
    the.execute();
    ++r.executions;
    r.pruned = the.pruned;
    if (the.path.diverged()) the.failure = "the body is not deterministic";
    if (!the.failure.empty()) break;
    if (!the.path.advance()) {
      r.complete = r.pruned == 0;
      return r;
    }
    if (r.executions == o.cap) return r;
  }
  r.failure = the.failure;
  if (quiet) return r;
  the.tracing = true;
  the.steps.clear();
  the.begin(o, body);
  the.execute();
  the.tracing = false;
  constexpr std::size_t shown = 80;
  const std::size_t first = the.steps.size() > shown ? the.steps.size() - shown : 0;
  if (first != 0) std::printf("    ... %zu steps before\n", first);
  for (std::size_t i = first; i < the.steps.size(); ++i) std::fputs(the.steps[i].c_str(), stdout);
  return r;
}

struct scenario {
  const char* name;
  options how;
  std::function<void()> body;
};

}  // namespace weir::inline v0::model

#include "explorer/main.hpp"

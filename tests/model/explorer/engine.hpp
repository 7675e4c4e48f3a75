// explorer/engine.hpp - runs one body under every schedule: the threads of the model and who runs next.
//
// Before each visible operation (an access of an atomic, a fence, a futex call) the running thread asks whether another
// one goes first. Going on is free, being interrupted costs one of options.preemptions; a thread that blocks, pauses or
// ends hands over for free. Every question is a choice of the trail, so the search visits every answer.
//
// One question is not asked: who comes between a load that is not seq_cst and the thread's next operation, where stale
// reads are not bounded. The load changes nothing for others, and what others do hides no store from it: they might as
// well have come before the load, at the same price, and it reads the same store. Whatever else the thread does in
// between (an atomic or a thread begins, plain data is written, the environment decides) brings the question back.
//
// Failures: require(), a data race, nobody can run (deadlock: a lost wake-up), everybody who can run only spins or the
// step limit is passed (livelock), access to an atomic after its end. The first failure ends the search; the execution
// is run once more to print its steps.
#pragma once

#include <cstdarg>
#include <cstdio>
#include <functional>
#include <source_location>
#include <string>
#include <string_view>

#include "explorer/fiber.hpp"
#include "explorer/memory.hpp"
#include "explorer/trail.hpp"

namespace weir::inline v0::model {

inline constexpr unsigned unlimited = ~0U;

/// The bounds of a search; all of them are printed.
struct options {
  unsigned preemptions = 2;        ///< involuntary switches per execution
  unsigned spurious = 0;           ///< spurious wake-ups of futexes and failures of weak CAS per execution
  unsigned timeouts = 1;           ///< timed waits that end while others could still run, per execution
  unsigned stale = unlimited;      ///< reads of stores that are not the newest, per execution
  bool stop_forever = false;       ///< lock-freedom: stop one thread for ever inside a lock_free section
  std::uint64_t cap = 50'000'000;  ///< executions; reaching it means "not exhaustive"
  unsigned max_steps = 4'000;      ///< per execution; more is a livelock
};

using site = std::source_location;

enum class status : std::uint8_t { unused, ready, futex, timed_futex, joining, spinning, finished, stopped };

struct model_thread {
  fiber stack;
  thread_memory memory;
  std::function<void()> run;
  status is = status::unused;
  bool lock_free = false;         ///< inside a section that must not stop others
  bool only_looked = false;       ///< since the last point it has loaded, and done nothing that others could see
  bool woken = false;             ///< how a futex wait ended
  const void* word = nullptr;     ///< futex it sleeps on
  std::uint32_t mark = 0;         ///< changes when it last paused
  std::uint32_t others_mark = 0;  ///< those of them that others made
  std::uint32_t operations = 0;   ///< since it last paused
};

class engine {
 public:
  // --- one execution, called by harness.hpp ---
  void begin(const options& o, const std::function<void()>& body);
  void execute();  ///< returns when the body has returned or something failed

  // --- called by the model's threads, through atomic.hpp and model.hpp ---
  void spawn(std::function<void()> f);
  void join();
  void point();  ///< before a visible operation
  /// The operation that has begun was a load of this order.
  void looked(order o) noexcept { me().only_looked = o != order::seq_cst && opt_.stale == unlimited; }
  /// The thread did something that others may see, without a point.
  void acted() noexcept { me().only_looked = false; }
  void pause();
  bool sleep(const void* word, bool timed);  ///< futex wait; true: woken
  void wake(const void* word, int count);
  [[noreturn]] void fail(const char* format, ...) __attribute__((format(printf, 2, 3)));
  void log(const char* what, const location* l, std::uint64_t value, order o, const site& where);

  unsigned choose(unsigned n) { return n < 2 ? 0 : path.choose(n); }
  thread_memory& mine() noexcept { return threads_[current_].memory; }
  model_thread& me() noexcept { return threads_[current_]; }
  [[nodiscard]] unsigned self() const noexcept { return current_; }
  /// One of n stores, the newest first.
  unsigned choose_store(unsigned n) {
    if (n < 2 || stale_left_ == 0) return 0;
    const unsigned c = path.choose(n);
    if (c != 0 && stale_left_ != unlimited) --stale_left_;
    return c;
  }
  bool spend_spurious() { return spurious_left_ != 0 && choose(2) == 1 && spurious_left_-- != 0; }
  [[nodiscard]] bool somebody_stopped() const noexcept { return stops_left_ == 0 && opt_.stop_forever; }

  memory store;
  trail path;
  std::uint32_t epoch = 0;
  std::uint64_t pruned = 0;  ///< choices within the bounds that were not followed: see atomic.hpp, candidates
  std::string failure;
  bool tracing = false;
  std::vector<std::string> steps;  ///< of the traced execution

 private:
  using candidates = std::array<std::uint8_t, max_threads>;

  void switch_to(unsigned next);
  void hand_over();  ///< the current thread cannot go on
  [[nodiscard]] bool can_run(const model_thread& t) noexcept;
  [[nodiscard]] bool all_children_ended() const noexcept;
  unsigned others(candidates& out);
  [[nodiscard]] bool only_spuriously(const model_thread& t) const noexcept {
    return t.is == status::futex || (t.is == status::timed_futex && timeouts_left_ == 0);
  }
  void resume(unsigned next);
  [[noreturn]] void nobody_can_run();
  static void thread_main();

  std::array<model_thread, max_threads> threads_;
  unsigned used_ = 0, current_ = 0;
  unsigned stale_left_ = 0;
  unsigned preemptions_left_ = 0, spurious_left_ = 0, timeouts_left_ = 0, stops_left_ = 0, steps_ = 0;
  options opt_;
  void* host_ = nullptr;
};

inline engine the;

inline void engine::begin(const options& o, const std::function<void()>& body) {
  opt_ = o;
  preemptions_left_ = o.preemptions;
  spurious_left_ = o.spurious;
  timeouts_left_ = o.timeouts;
  stale_left_ = o.stale;
  stops_left_ = o.stop_forever ? 1 : 0;
  steps_ = 0;
  ++epoch;
  store.reset();
  path.rewind();
  used_ = 0;
  current_ = 0;
  failure.clear();
  spawn(body);
}

inline void engine::execute() { weir_model_switch(&host_, threads_[0].stack.pointer()); }

inline void engine::spawn(std::function<void()> f) {
  if (used_ == max_threads) fail("more than %u threads", max_threads);
  model_thread& t = threads_[used_];
  t.memory = thread_memory{};
  if (used_ != 0) t.memory.now = mine().now, acted();  // what precedes the spawn happens before the thread
  t.run = std::move(f);
  t.is = status::ready;
  t.lock_free = false;
  t.only_looked = false;
  t.mark = 0;
  t.others_mark = 0;
  t.operations = 1;
  t.stack.start(&engine::thread_main);
  ++used_;
}

inline void engine::thread_main() {
  the.threads_[the.current_].run();
  if (the.current_ == 0) {
    if (!the.all_children_ended()) the.fail("the body returned before join()");
    weir_model_switch(the.threads_[0].stack.save_slot(), the.host_);
  }
  ++the.mine().now.hb.at[the.current_];
  the.me().is = status::finished;
  the.hand_over();
  __builtin_unreachable();
}

inline void engine::join() {
  acted();
  if (!all_children_ended()) {
    me().is = status::joining;
    hand_over();
  }
  for (unsigned i = 1; i < used_; ++i)
    if (threads_[i].is == status::finished) mine().now.join(threads_[i].memory.now);
}

inline bool engine::all_children_ended() const noexcept {
  for (unsigned i = 1; i < used_; ++i)
    if (threads_[i].is != status::finished && threads_[i].is != status::stopped) return false;
  return true;
}

inline bool engine::can_run(const model_thread& t) noexcept {
  switch (t.is) {
    case status::ready:
      return true;
    case status::spinning:
      return store.changes != t.mark;
    case status::joining:
      return all_children_ended();
    case status::futex:
      return spurious_left_ != 0;
    case status::timed_futex:
      return timeouts_left_ != 0 || spurious_left_ != 0;
    default:
      return false;
  }
}

/// The threads other than the current one that can go on.
inline unsigned engine::others(candidates& out) {
  unsigned n = 0;
  for (unsigned i = 0; i < used_; ++i)
    if (i != current_ && can_run(threads_[i])) out[n++] = static_cast<std::uint8_t>(i);
  return n;
}

inline void engine::point() {
  if (++steps_ > opt_.max_steps) fail("livelock: %u steps and no end", opt_.max_steps);
  model_thread& t = me();
  ++t.operations;
  candidates next;
  const unsigned n = preemptions_left_ != 0 && !t.only_looked ? others(next) : 0;
  const bool may_stop = stops_left_ != 0 && t.lock_free;
  t.only_looked = false;
  const unsigned c = choose(1 + n + (may_stop ? 1 : 0));
  if (c == 0) return;
  if (c > n) {
    --stops_left_;
    t.is = status::stopped;
    if (tracing) log("STOPPED", nullptr, 0, order::relaxed, site::current());
    hand_over();
  }
  --preemptions_left_;
  resume(next[c - 1]);
}

inline void engine::pause() {
  model_thread& t = me();
  t.only_looked = false;
  if (t.operations == 0) return;  // one look per pause
  t.operations = 0;
  if (++steps_ > opt_.max_steps) fail("livelock: %u steps and no end", opt_.max_steps);
  const bool again = t.memory.fresh != 0;
  candidates next;
  if (again && t.mark == store.changes) {  // it has looked at everything since: only a change can help
    t.is = status::spinning;
    hand_over();
  } else {  // a spinner that changes something itself must still let the others run, or only unfair schedules follow
    const bool may_stay = !again || t.others_mark != store.changes - t.memory.changes;
    t.mark = store.changes;
    const unsigned n = others(next);
    const unsigned c = choose(n + (may_stay || n == 0 ? 1 : 0));
    if (c < n) resume(next[c]);
  }
  t.memory.fresh = store.serial;
  t.mark = store.changes;
  t.others_mark = store.changes - t.memory.changes;
}

inline void engine::hand_over() {
  candidates next;
  unsigned n = others(next);
  if (can_run(me())) next[n++] = static_cast<std::uint8_t>(current_);
  bool progress = false;  // a spurious wake-up must not hide a lost one
  for (unsigned i = 0; i < n; ++i) progress |= !only_spuriously(threads_[next[i]]);
  if (!progress) {
    n = 0;
    for (unsigned i = 0; i < used_; ++i)
      if (threads_[i].is == status::timed_futex) next[n++] = static_cast<std::uint8_t>(i);
    if (n == 0) nobody_can_run();
  }
  resume(next[choose(n)]);
}

inline void engine::resume(unsigned next) {
  model_thread& t = threads_[next];
  if (t.is == status::timed_futex && timeouts_left_ != 0)
    --timeouts_left_, t.woken = false;
  else if (t.is == status::futex || t.is == status::timed_futex) {
    t.woken = spurious_left_ != 0;
    if (t.woken) --spurious_left_;  // else the time ran out because nobody else could run
  }
  t.is = status::ready;
  t.word = nullptr;
  switch_to(next);
}

inline void engine::switch_to(unsigned next) {
  if (next == current_) return;
  model_thread& from = me();
  current_ = next;
  weir_model_switch(from.stack.save_slot(), threads_[next].stack.pointer());
}

inline bool engine::sleep(const void* word, bool timed) {
  model_thread& t = me();
  t.is = timed ? status::timed_futex : status::futex;
  t.word = word;
  t.woken = true;
  hand_over();
  return t.woken;
}

inline void engine::wake(const void* word, int count) {
  while (count-- > 0) {
    candidates sleepers;
    unsigned n = 0;
    for (unsigned i = 0; i < used_; ++i)
      if (threads_[i].word == word && (threads_[i].is == status::futex || threads_[i].is == status::timed_futex))
        sleepers[n++] = static_cast<std::uint8_t>(i);
    if (n == 0) return;
    model_thread& t = threads_[sleepers[choose(n)]];
    t.is = status::ready;
    t.word = nullptr;
    t.woken = true;
  }
}

}  // namespace weir::inline v0::model

#include "explorer/failure.hpp"

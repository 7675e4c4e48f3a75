// One runner job per strand, embedded in its core: it is on some worker while the count of jobs is not zero
// (sync/serial.hpp), runs up to 64 of them and goes to the back of the line, so that a busy strand shares its worker.
#include <weir/detail/scheduler.hpp>
#include <weir/detail/thread_context.hpp>
#include <weir/strand.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "sync/credits.hpp"
#include "sync/inbox.hpp"
#include "sync/serial.hpp"

namespace weir::inline v0 {

namespace detail {

namespace {
constexpr std::uint32_t jobs_per_turn = 64;
}  // namespace

class strand_core final : public executor_core, private job, public std::enable_shared_from_this<strand_core> {
 public:
  strand_core(executor on, const strand_options& options)
      : job{&act_on, options.name},
        on_{on.core()},
        wait_{options.wait},
        room_{static_cast<std::uint32_t>(std::min<std::size_t>(options.capacity, sync::credits::max_capacity))} {}

  admission submit(job& j, std::uint64_t weight) override { return admit(j, weight, wait_); }
  admission try_submit(job& j) override { return admit(j, 1, false); }
  admission submit_due(job& j) noexcept override { return room_.full() ? admission::full : admit(j, 1, false); }
  std::size_t submit_all(job* const* jobs, std::size_t n, admission& why) override {
    for (std::size_t i = 0; i < n; ++i) {
      why = admit(*jobs[i], 1, wait_);
      if (why == admission::accepted) continue;
      if (const std::size_t rest = n - i - 1; rest != 0 && on_.attempt(rest)) on_.reject(rest);
      return i;
    }
    return n;
  }
  bool enter(job& j) noexcept override { return push(j), true; }  // counted (attempt), so the workers are there
  bool attempt(std::uint64_t n) override { return on_.attempt(n); }
  void reject(std::uint64_t n) noexcept override { on_.reject(n); }
  void count_items(outcome how, std::uint64_t n) noexcept override { on_.count_items(how, n); }
  bool hungry() const noexcept override { return false; }  // never split: one at a time
  bool share(job&) noexcept override { return false; }
  bool is_worker_here() const noexcept override { return this_thread_context().serial == this; }
  const void* owner() const noexcept override { return this; }  // no worker may run our jobs out of turn
  unsigned workers() const noexcept override { return 1; }
  void schedule(std::shared_ptr<delayed> d, due_target& target) override { on_.schedule(std::move(d), target); }
  std::shared_ptr<const void> keep_alive() const override { return shared_from_this(); }

  [[nodiscard]] std::size_t size() const noexcept { return count_.size(); }

 private:
  admission admit(job& j, std::uint64_t weight, bool may_wait) {
    if (!on_.attempt(weight)) return admission::closed;
    while (!room_.try_take()) {
      const thread_role role = this_thread_context().role;
      if (!may_wait || role == thread_role::worker || role == thread_role::reactor) {
        on_.reject(weight);
        return may_wait && role == thread_role::reactor ? admission::would_deadlock : admission::full;
      }
      (void)room_.wait();
    }
    j.credited = true;  // the strand's own credit: these jobs never enter the workers' queue
    push(j);
    return admission::accepted;
  }

  void push(job& j) noexcept {
    const bool first = count_.add(1);  // counted first, see sync/serial.hpp
    (void)inbox_.push(j);
    if (first) start();
  }

  void start() noexcept {
    self_ = shared_from_this();
    if (!on_.enter(*this)) std::terminate();  // jobs were accepted, so the workers are still there
  }

  static outcome act_on(job* j, action what) noexcept {
    auto& self = *static_cast<strand_core*>(j);
    const std::shared_ptr<strand_core> alive = std::move(self.self_);
    self.turn(what);
    return outcome::internal;
  }

  void turn(action what) noexcept {
    const void* const outer = std::exchange(this_thread_context().serial, this);
    std::uint32_t ran = 0;
    std::uint32_t credits = 0;
    for (; ran < jobs_per_turn; ++ran) {
      if (ready_ == nullptr) ready_ = inbox_.take_all();
      if (ready_ == nullptr) break;
      job* const current = std::exchange(ready_, ready_->next);
      credits += current->credited ? 1 : 0;
      const outcome how = current->act(current, what);
      on_.count_items(how, 1);
    }
    this_thread_context().serial = outer;
    (void)room_.give(credits, true);
    if (!count_.done(ran)) start();
  }

  executor_core& on_;
  const bool wait_;
  sync::credits room_;
  sync::inbox<job, &job::next> inbox_;
  sync::serial count_;
  job* ready_ = nullptr;               // the runner's, oldest first
  std::shared_ptr<strand_core> self_;  // while the runner is queued
};

}  // namespace detail

strand::strand(executor on, const strand_options& options) {
  if (options.capacity == 0) throw std::invalid_argument{"weir: strand_options::capacity must be at least 1"};
  core_ = std::make_shared<detail::strand_core>(on, options);
}

strand::~strand() = default;
strand::strand(strand&&) noexcept = default;
strand& strand::operator=(strand&&) noexcept = default;

executor strand::get() const& noexcept { return executor{*core_}; }
bool strand::is_running_here() const noexcept { return core_->is_worker_here(); }
std::size_t strand::size() const noexcept { return core_->size(); }

}  // namespace weir::inline v0

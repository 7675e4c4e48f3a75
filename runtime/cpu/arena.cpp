#include "cpu/arena.hpp"

#include <weir/detail/trace.hpp>

#include <dlfcn.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/task_arena.h>
#include <pthread.h>

#include <algorithm>
#include <barrier>
#include <cstring>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "cpu/engine.hpp"
#include "cpu/tenancy.hpp"
#include "sync/crew.hpp"

namespace weir::inline v0::cpu {

namespace {

constexpr std::chrono::microseconds slice{500};

// TBB's limit counts its own threads plus one; every anchor is one more than it knows of. All runtimes of the process
// share one global_control; a lower limit set by the user still wins (TBB takes the strictest).
class parallelism_limit {
 public:
  static parallelism_limit& instance() {
    static auto* const never_destroyed = new parallelism_limit;
    return *never_destroyed;
  }

  void add(unsigned workers) {
    const std::lock_guard lock{mutex_};
    ++runtimes_[workers];
    try {
      apply();
    } catch (...) {
      forget(workers);
      throw;
    }
  }

  void remove(unsigned workers) noexcept {
    const std::lock_guard lock{mutex_};
    forget(workers);
    try {
      apply();
    } catch (...) {  // no memory for a smaller limit: TBB's own applies
    }
  }

 private:
  void forget(unsigned workers) noexcept {
    if (--runtimes_[workers] == 0) runtimes_.erase(workers);
  }

  void apply() {
    control_.reset();
    if (runtimes_.empty()) return;
    std::size_t anchors = 0;
    for (const auto& [workers, count] : runtimes_) anchors += count;
    const std::size_t wanted =
        std::max<std::size_t>(static_cast<std::size_t>(tbb::info::default_concurrency()), runtimes_.rbegin()->first);
    control_ = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism, wanted + anchors);
  }

  std::mutex mutex_;
  std::map<unsigned, std::size_t> runtimes_;  // workers -> how many runtimes have that many
  std::unique_ptr<tbb::global_control> control_;
};

// TBB's threads run our pumps' code, perhaps when the runtime has gone, and TBB's own code at any time. Nobody can join
// them. So if weir is in a shared object, dlclose() must never unmap it, nor the TBB that it brought along.
void hold_module_for_ever() noexcept {
  Dl_info here{};
  if (::dladdr(reinterpret_cast<void*>(&hold_module_for_ever), &here) != 0 && here.dli_fname != nullptr)
    (void)::dlopen(here.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

[[noreturn]] void throw_no_threads(const std::system_error& cause, unsigned workers) {
  throw std::system_error{cause.code(), "weir: cannot create the threads for " + std::to_string(workers) + " workers"};
}

// TBB aborts or stalls when its own thread creation fails, so find out before it does: once per process, for the
// largest number asked for so far.
void probe_thread_creation(unsigned workers) {
  static std::mutex mutex;
  static unsigned proven = 0;
  const std::lock_guard lock{mutex};
  if (workers <= proven) return;
  std::vector<std::thread> probes;
  probes.reserve(workers);
  sync::atomic<std::uint32_t> go{0};
  std::exception_ptr failure;
  try {
    for (unsigned i = 0; i < workers; ++i)
      probes.emplace_back([&go] {
        while (go.load(sync::memory_order_relaxed) == 0) sync::futex_wait(go, 0);
      });
  } catch (...) {
    failure = std::current_exception();
  }
  go.store(1, sync::memory_order_relaxed);
  sync::futex_wake(go, static_cast<int>(workers));
  for (std::thread& t : probes) t.join();
  if (failure) std::rethrow_exception(failure);
  proven = workers;
}

}  // namespace

// Shared with the pumps, which may outlive the arena in TBB's queue.
struct arena::threads : std::enable_shared_from_this<arena::threads> {
  explicit threads(engine& e) : owner{e}, tbb_arena{static_cast<int>(e.workers()) + 1, 1}, crew{owner.activity()} {}

  void anchor(std::promise<void> inside);
  void anchor_rounds();
  // The crew's host.
  [[nodiscard]] bool anything_to_do() const noexcept { return owner.anything_to_do(); }
  bool invite(bool first) noexcept;
  void pump(bool first) noexcept;
  void serve(slot* mine) noexcept;

  engine& owner;
  tbb::task_arena tbb_arena;
  std::thread anchor_thread;
  sync::crew crew;
  sync::atomic<bool> stopping{false};
  sync::gate pumps;
  sync::atomic<unsigned> most{0};
};

namespace {

// TBB's threads inherit the name of the thread that happens to create them: one of ours, if it was that which invited a
// worker. Such a thread gets a name of its own, once. A name from elsewhere stays.
void name_borrowed_thread(const std::string& runtime) noexcept {
  static thread_local bool looked = false;
  if (std::exchange(looked, true)) return;
  char name[16]{};
  if (pthread_getname_np(pthread_self(), name, sizeof name) != 0) return;
  const std::string_view ours = std::string_view{runtime}.substr(0, 12);
  const std::string_view now{name};
  if (!now.starts_with(ours) || (now.substr(ours.size()) != "-0" && now.substr(ours.size()) != "-io")) return;
  const auto kept = std::min<std::size_t>(ours.size(), 11);
  std::memcpy(name + kept, "-tbb", 5);
  pthread_setname_np(pthread_self(), name);
}

// Arenas that were stopped while TBB still had a pump of theirs in its queue. Each such pump and the arena it sits in
// hold one another until TBB runs it, perhaps never: here they are at least known, and let go when it has.
class late_arenas {
 public:
  static late_arenas& instance() {
    static auto* const never_destroyed = new late_arenas;
    return *never_destroyed;
  }

  void keep(std::shared_ptr<void> stopped) noexcept {
    const std::lock_guard lock{mutex_};
    std::erase_if(late_, [](const std::shared_ptr<void>& a) { return a.use_count() == 1; });
    if (stopped.use_count() == 1) return;
    try {
      late_.push_back(std::move(stopped));
    } catch (...) {  // no memory: it lives on unknown
    }
  }

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<void>> late_;
};

}  // namespace

arena::arena(engine& owner) {
  const unsigned workers = owner.workers();
  if (workers > 1) hold_module_for_ever();
  try {
    probe_thread_creation(workers);
    parallelism_limit::instance().add(workers);
    try {
      threads_ = std::make_shared<threads>(owner);
      std::promise<void> inside;
      std::future<void> ready = inside.get_future();
      threads_->anchor_thread =
          std::thread{[t = threads_.get(), p = std::move(inside)]() mutable { t->anchor(std::move(p)); }};
      try {
        ready.get();
      } catch (...) {
        threads_->anchor_thread.join();
        throw;
      }
    } catch (...) {
      parallelism_limit::instance().remove(workers);
      throw;
    }
  } catch (const std::system_error& e) {
    throw_no_threads(e, workers);
  }
}

arena::~arena() {
  stop();
  parallelism_limit::instance().remove(threads_->owner.workers());
  late_arenas::instance().keep(std::move(threads_));
}

void arena::stop() noexcept {
  if (!threads_->anchor_thread.joinable()) return;
  threads_->stopping.store(true, sync::memory_order_relaxed);  // to anchor_rounds(): a flag, nothing comes with it
  threads_->crew.let_go();
  threads_->anchor_thread.join();
  threads_->pumps.close();
}

unsigned arena::granted() const noexcept { return threads_->most.load(sync::memory_order_relaxed); }

void arena::note_granted(unsigned now) noexcept {
  unsigned most = threads_->most.load(sync::memory_order_relaxed);  // a statistic: orders nothing
  while (now > most && !threads_->most.compare_exchange_weak(most, now, sync::memory_order_relaxed)) {
  }
}

void arena::deliver(sync::wake whom) noexcept { threads_->crew.deliver(whom, *threads_); }

void arena::threads::anchor(std::promise<void> inside) {
  try {
    pthread_setname_np(pthread_self(), (owner.options().name.substr(0, 12) + "-0").c_str());
    tbb_arena.execute([&] {
      inside.set_value();
      tbb::this_task_arena::isolate([this] { anchor_rounds(); });
    });
  } catch (...) {
    inside.set_exception(std::current_exception());  // only execute() itself throws, before set_value()
  }
}

void arena::threads::anchor_rounds() {
  slot& mine = *owner.claim(0);
  const tenancy hold{mine};
  for (;;) {
    detail::trace(detail::event::park, mine.index, detail::trace_id(&owner));
    crew.anchor_parks();  // a wake-up has counted us, or stop() wants us to end
    detail::trace(detail::event::unpark, mine.index, detail::trace_id(&owner));
    do {
      if (stopping.load(sync::memory_order_relaxed)) return owner.release(mine);
      (void)owner.work(mine, std::chrono::steady_clock::time_point::max());
    } while (crew.anchor_stays(*this));
  }
}

// A pump is a guest of the crew. False: TBB has no memory for it.
bool arena::threads::invite(bool first) noexcept {
  try {
    tbb_arena.enqueue([self = shared_from_this(), first] {
      if (!self->pumps.enter()) return;
      self->pump(first);
      self->pumps.leave();
    });
    return true;
  } catch (...) {
    if (owner.options().on_report)
      owner.options().on_report({report_kind::resource, owner.options().name,
                                 "TBB refused a worker thread; running with fewer", std::current_exception()});
    return false;
  }
}

// On a thread of TBB's. first: invited by a wake-up, else by a pump whose slice was over.
void arena::threads::pump(bool first) noexcept {
  crew.guest_starts(first);
  const bool inside_a_job = detail::this_thread_context().role == detail::thread_role::worker;
  if (inside_a_job) return crew.guest_declines();
  name_borrowed_thread(owner.options().name);
  slot* mine = nullptr;  // one of W-1 is free (A1), perhaps one that we have passed
  for (int tries = 0; mine == nullptr && tries < 8; ++tries) mine = owner.claim(1);
  serve(mine);
}

// Works on a slot, counted active, until there is nothing to do or the slice is over. Null: all were held just now.
void arena::threads::serve(slot* mine) noexcept {
  while (mine != nullptr) {
    engine::stint how{};
    {
      const tenancy hold{*mine};
      how = owner.work(*mine, std::chrono::steady_clock::now() + slice);
    }
    owner.release(*mine);
    if (how == engine::stint::slice_over) return crew.guest_renews(*this);
    if (!crew.guest_stays(*this)) return;
    mine = owner.claim(1);
  }
  crew.guest_goes(*this);
}

}  // namespace weir::inline v0::cpu

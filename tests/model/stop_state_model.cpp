// weir/detail/spin_lock.hpp and stop_state.hpp, with their slow paths: a stop request calls every node once, and never
// one whose remove() has returned; whoever releases the lock last does not touch it afterwards.
#include <weir/detail/spin_lock.hpp>
#include <weir/detail/stop_state.hpp>

#include "explorer/model.hpp"
#include "job/spin_lock.cpp"   // NOLINT: the product's own slow path
#include "job/stop_state.cpp"  // NOLINT

namespace {

using namespace weir;  // NOLINT
using detail::stop_reason;
using detail::stop_state;

void mutual_exclusion(int threads) {
  detail::spin_lock lock;
  model::plain<int> guarded{0};
  for (int i = 0; i < threads; ++i)
    model::thread([&] {
      const detail::spin_guard hold{lock};
      ++guarded;
    });
  model::join();
  model::require(guarded == threads, "one at a time");
}

// The last one who takes the lock may destroy what contains it.
void the_lock_ends() {
  struct object {
    detail::spin_lock lock;
    int left = 2;
  };
  auto* const o = new object;
  const auto leave = [o] {
    bool last = false;
    {
      const detail::spin_guard hold{o->lock};
      last = --o->left == 0;
    }
    if (last) delete o;
  };
  model::thread(leave);
  leave();
  model::join();
}

struct frame : detail::stop_node {
  frame() noexcept : stop_node{&called_back} {}
  static void called_back(stop_node& n) noexcept {
    auto& me = static_cast<frame&>(n);
    ++me.calls;
    model::require(me.calls == 1, "[S1] called once");
  }
  model::plain<int> calls{0};
};

// A frame registers, works and leaves, while somebody stops the scope: told, or called, or gone in time.
void a_frame_leaves(int askers) {
  stop_state scope;
  model::plain<int> request{0};
  sync::atomic<int> first{0};
  for (int i = 0; i < askers; ++i)
    model::thread([&, askers] {
      if (askers == 1) request = 1;
      if (scope.request_stop(stop_reason::cancelled)) first.fetch_add(1, std::memory_order_relaxed);
    });
  auto* const f = new frame;
  const bool added = scope.add(*f);
  if (!added) model::require(scope.stop_requested(), "[S2] refused because of a request");
  if (scope.stop_requested() && askers == 1) model::require(request == 1, "what preceded the request is visible");
  scope.remove(*f);
  delete f;  // [S1] races with a call that comes later
  model::join();
  model::require(first.load(std::memory_order_relaxed) == 1, "the first request decides");
}

// Registered for good: nobody removes it before the request has been.
void no_request_is_missed() {
  stop_state scope;
  frame f;
  bool added = false;
  model::thread([&] { added = scope.add(f); });
  (void)scope.request_stop(stop_reason::timed_out);
  model::join();
  model::require((f.calls == 1) == added, "[S2] called or refused");
  model::require(scope.reason() == stop_reason::timed_out, "the reason");
}

// A child scope attaches and leaves while its parent is stopped: the request reaches the nodes of the child.
void nested() {
  stop_state parent;
  frame f;
  model::thread([&] { (void)parent.request_stop(stop_reason::cancelled); });
  {
    stop_state child;
    child.attach(&parent);
    const bool added = child.add(f);
    child.detach();
    model::require(!added || !child.stop_requested() || f.calls == 1, "[S2] the child's node was called");
    child.remove(f);
  }
  model::join();
}

// A node may leave from inside its own call.
void leaves_itself() {
  struct self_leaving : detail::stop_node {
    explicit self_leaving(stop_state& s) noexcept : stop_node{&called_back}, scope{s} {}
    static void called_back(stop_node& n) noexcept {
      auto& me = static_cast<self_leaving&>(n);
      me.scope.remove(me);
      me.left.store(1, std::memory_order_release);
    }
    stop_state& scope;
    sync::atomic<int> left{0};
  };
  stop_state scope;
  self_leaving n{scope};
  model::require(scope.add(n), "not stopped yet");
  model::thread([&] { (void)scope.request_stop(stop_reason::cancelled); });
  scope.remove(n);
  (void)n.left.load(std::memory_order_acquire);
  model::join();
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(
      argc, argv,
      {{"spin lock: two threads", {.preemptions = 100}, [] { mutual_exclusion(2); }},
       {"spin lock: three threads", {.preemptions = 3}, [] { mutual_exclusion(3); }},
       {"spin lock: the last one ends it", {.preemptions = 100}, the_lock_ends},
       {"stop state: a frame leaves while it is stopped [S1 S2]", {.preemptions = 3}, [] { a_frame_leaves(1); }},
       {"stop state: two requests, the first decides [S1]", {.preemptions = 2}, [] { a_frame_leaves(2); }},
       {"stop state: no request is missed [S2]", {.preemptions = 4}, no_request_is_missed},
       {"stop state: nested scopes [S1 S2]", {.preemptions = 2}, nested},
       {"stop state: a node leaves from its own call", {.preemptions = 3}, leaves_itself}});
}

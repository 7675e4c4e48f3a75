// weir/detail/stop_state.hpp - cancellation inside weir: intrusive, nested, without allocation. [floor: job]
//
//   stop_state (root) <- stop_state (group) <- stop_state (with_timeout)       each is a node in its parent's list
//                             ^- stop_node of a parked leaf, in its frame      request_stop() calls every node once
//
// Threads     everything from any thread. Nodes are called on the thread that requests the stop, without a lock held.
// Lifetime    Strictly nested: a state outlives its nodes and its child states. remove() returns only when the node is
//             not linked and not being called (unless by the caller itself), so a frame may go right after it.
// Invariants  S1 a node is called at most once, and never after remove() has returned
//             S2 add() == false or the node is called or removed before the state ends: no request is missed
// Both under lock_; `current_` marks the node being called, `runner_` the thread calling it.
// Checked: tests/model/stop_state_model.cpp
#pragma once

#include <chrono>
#include <cstdint>

#include <weir/detail/atomic.hpp>
#include <weir/detail/spin_lock.hpp>

namespace weir::inline v0::detail {

/// Why a scope was stopped. `timed_out` only in the scope whose own deadline passed; scopes inside see `cancelled`.
enum class stop_reason : unsigned { none, cancelled, timed_out };

struct stop_node {
  using call_fn = void (*)(stop_node&) noexcept;
  explicit stop_node(call_fn fn) noexcept : call{fn} {}
  stop_node(const stop_node&) = delete;
  stop_node& operator=(const stop_node&) = delete;

  call_fn call;
  stop_node* prev = nullptr;
  stop_node* next = nullptr;
  bool linked = false;
};

class stop_state : private stop_node {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  stop_state() noexcept : stop_node{&parent_stopped} {}
  ~stop_state() { detach(); }

  /// Puts this state under `parent` (may be null) and inherits its deadline. At most once.
  void attach(stop_state* parent) noexcept;
  /// Leaves the parent again. Afterwards no request from outside arrives, and none is still arriving.
  void detach() noexcept;

  /// The first request decides the reason and calls every node; later ones return false and do nothing.
  bool request_stop(stop_reason why) noexcept;

  // acquire: pairs with the release in request_stop(); what preceded the request is visible to who sees it.
  [[nodiscard]] stop_reason reason() const noexcept { return reason_.load(std::memory_order_acquire); }
  [[nodiscard]] bool stop_requested() const noexcept { return reason() != stop_reason::none; }

  /// Registers a node; false, and not registered, if a stop has already been requested.
  [[nodiscard]] bool add(stop_node& n) noexcept;
  /// Unregisters; waits for a call in progress on another thread. Harmless for a node that was never added.
  void remove(stop_node& n) noexcept;

  [[nodiscard]] stop_state* parent() const noexcept { return parent_; }
  /// When this scope will be stopped at the latest: the minimum of its own and its parents'.
  [[nodiscard]] time_point deadline() const noexcept { return deadline_; }
  void limit_deadline(time_point t) noexcept {
    if (t < deadline_) deadline_ = t;
  }

 private:
  static void parent_stopped(stop_node& n) noexcept;
  void unlink(stop_node& n) noexcept;

  spin_lock lock_;
  atomic<stop_reason> reason_{stop_reason::none};
  stop_node* head_ = nullptr;
  stop_node* current_ = nullptr;
  const void* runner_ = nullptr;
  stop_state* parent_ = nullptr;
  time_point deadline_ = time_point::max();
};

}  // namespace weir::inline v0::detail

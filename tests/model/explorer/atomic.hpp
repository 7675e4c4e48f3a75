// explorer/atomic.hpp - the model's side of runtime/sync/atomic.hpp: same names, every access goes to the explorer.
#pragma once

#include <type_traits>

#include "explorer/engine.hpp"
#include "explorer/orders.hpp"

namespace weir::inline v0::sync {

using std::memory_order_acq_rel;
using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;
using std::memory_order_seq_cst;

template <class T>
class atomic {
  static_assert(std::is_pointer_v<T> || std::is_integral_v<T> || std::is_enum_v<T>);
  using order = std::memory_order;
  using site = model::site;
  static constexpr order sc = order::seq_cst;

 public:
  using value_type = T;
  static constexpr bool is_always_lock_free = true;

  constexpr atomic() noexcept : atomic{T{}} {}
  constexpr atomic(T value) noexcept : constant_{value} {  // NOLINT: as std::atomic
    if (!std::is_constant_evaluated()) begin(value);
  }
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;
  constexpr ~atomic() {
    if (!std::is_constant_evaluated()) end();
  }

  T load(order o = sc, site w = site::current()) const noexcept {
    o = model::weakened(w, o, model::access::load);
    model::thread_memory& t = access(w);
    const std::uint16_t i = pick(t, o);
    model::the.store.read(i, t, model::the.self(), o);
    model::the.looked(o);
    return done("load", i, o, w);
  }

  void store(T value, order o = sc, site w = site::current()) noexcept {
    o = model::weakened(w, o, model::access::store);
    model::thread_memory& t = access(w);
    candidates list;
    for (std::uint16_t i = at_.newest; i != model::no_store; i = memory().at(i).older) {
      if (!memory().at(i).followed && !list.add(i)) break;
      if (memory().hides(memory().at(i), t, o, 0)) break;
    }
    const std::uint16_t after = list.choose();
    memory().write(at_, after, false, bits(value), t, model::the.self(), o);
    done("store", memory().at(after).newer, o, w);
  }

  T exchange(T value, order o = sc, site w = site::current()) noexcept {
    return modify([&](T) { return value; }, "exchange", o, w);
  }
  T fetch_add(auto n, order o = sc, site w = site::current()) noexcept {
    return modify([&](T v) { return static_cast<T>(v + static_cast<T>(n)); }, "fetch_add", o, w);
  }
  T fetch_sub(auto n, order o = sc, site w = site::current()) noexcept {
    return modify([&](T v) { return static_cast<T>(v - static_cast<T>(n)); }, "fetch_sub", o, w);
  }
  T fetch_or(T n, order o = sc, site w = site::current()) noexcept {
    return modify([&](T v) { return static_cast<T>(v | n); }, "fetch_or", o, w);
  }
  T fetch_and(T n, order o = sc, site w = site::current()) noexcept {
    return modify([&](T v) { return static_cast<T>(v & n); }, "fetch_and", o, w);
  }
  T fetch_xor(T n, order o = sc, site w = site::current()) noexcept {
    return modify([&](T v) { return static_cast<T>(v ^ n); }, "fetch_xor", o, w);
  }

  bool compare_exchange_strong(T& expected, T desired, order s, order f, site w = site::current()) noexcept {
    return compare(expected, desired, s, f, false, w);
  }
  bool compare_exchange_weak(T& expected, T desired, order s, order f, site w = site::current()) noexcept {
    return compare(expected, desired, s, f, true, w);
  }
  bool compare_exchange_strong(T& expected, T desired, order o = sc, site w = site::current()) noexcept {
    return compare(expected, desired, o, on_failure(o), false, w);
  }
  bool compare_exchange_weak(T& expected, T desired, order o = sc, site w = site::current()) noexcept {
    return compare(expected, desired, o, on_failure(o), true, w);
  }

  /// What the kernel does in futex_wait: it compares the newest value, and the thread has seen that value afterwards.
  T compared_by_kernel() const noexcept {
    memory().read(at_.newest, model::the.mine(), model::the.self(), order::relaxed);
    return value_of(memory().latest(at_));
  }

 private:
  /// The stores that one access may choose from. What does not fit is counted: the search is not complete then.
  struct candidates {
    std::array<std::uint16_t, 256> at;
    unsigned n = 0;
    bool add(std::uint16_t i) noexcept {
      if (n == at.size()) {
        ++model::the.pruned;
        return false;
      }
      at[n++] = i;
      return true;
    }
    std::uint16_t choose() noexcept { return at[model::the.choose_store(n)]; }
  };

  static model::memory& memory() noexcept { return model::the.store; }
  // The explorer's stores hold 64 bits, whatever T is.
  static std::uint64_t bits(T value) noexcept {
    if constexpr (std::is_pointer_v<T>)
      return reinterpret_cast<std::uint64_t>(value);
    else
      return static_cast<std::uint64_t>(value);
  }
  static T value_of(std::uint64_t b) noexcept {
    if constexpr (std::is_pointer_v<T>)
      return reinterpret_cast<T>(b);
    else
      return static_cast<T>(b);
  }
  static constexpr order on_failure(order o) noexcept {
    if (o == order::acq_rel) return order::acquire;
    return o == order::release ? order::relaxed : o;
  }

  constexpr void begin(T value) noexcept {
    at_.epoch = model::the.epoch;
    model::the.acted();
    memory().create(at_, model::the.mine(), model::the.self(), bits(value));
  }

  constexpr void end() noexcept {
    if (at_.epoch == model::the.epoch && !model::the.somebody_stopped() &&
        !model::the.mine().now.hb.covers(at_.accessed))
      model::the.fail("an atomic ends while another thread may still use it");
    at_.epoch = 0;
    model::the.acted();
  }

  /// A visible operation begins: others may run first.
  model::thread_memory& access(const site& w) const noexcept {
    model::the.point();
    if (at_.epoch != model::the.epoch) model::the.fail("access to a dead atomic at %s:%u", w.file_name(), w.line());
    model::thread_memory& t = model::the.mine();
    const unsigned self = model::the.self();
    at_.accessed.at[self] = ++t.now.hb.at[self];
    if (memory().full()) model::the.fail("livelock: too many stores");
    if (!known(at_.initial, t))
      model::the.fail("race: access at %s:%u to an unpublished atomic", w.file_name(), w.line());
    return t;
  }
  static bool known(std::uint16_t i, const model::thread_memory& t) noexcept {
    return model::any(memory().at(i).seen.at <= t.now.hb.at);
  }

  std::uint16_t pick(const model::thread_memory& t, order o) const noexcept {
    candidates list;
    for (std::uint16_t i = at_.newest; i != model::no_store; i = memory().at(i).older) {
      if (!list.add(i) || memory().hides(memory().at(i), t, o, t.fresh)) break;
    }
    return list.choose();
  }

  template <class F>
  T modify(F f, const char* name, order o, const site& w) noexcept {
    o = model::weakened(w, o, model::access::rmw);
    model::thread_memory& t = access(w);
    candidates list;
    for (std::uint16_t i = at_.newest; i != model::no_store; i = memory().at(i).older) {
      if (!memory().at(i).followed && !list.add(i)) break;
      if (memory().hides(memory().at(i), t, o, 0)) break;
    }
    const std::uint16_t i = list.choose();
    const T before = value_of(memory().at(i).value);
    memory().read(i, t, model::the.self(), o);
    memory().write(at_, i, true, bits(f(before)), t, model::the.self(), o);
    done(name, memory().at(i).newer, o, w);
    return before;
  }

  bool compare(T& expected, T desired, order s, order f, bool weak, const site& w) noexcept {
    s = model::weakened(w, s, model::access::rmw);
    f = model::weakened(w, f, model::access::failure);
    model::thread_memory& t = access(w);
    candidates list;
    bool may_succeed = true, may_fail = true;
    for (std::uint16_t i = at_.newest; i != model::no_store; i = memory().at(i).older) {
      const model::store_record& r = memory().at(i);
      const bool equal = r.value == bits(expected);
      if ((equal ? may_succeed && !r.followed : may_fail) && !list.add(i)) break;
      may_succeed = may_succeed && !memory().hides(r, t, s, 0);
      may_fail = may_fail && !memory().hides(r, t, f, t.fresh);
      if (!may_succeed && !may_fail) break;
    }
    if (list.n == 0)
      (void)list.add(at_.newest);  // equal, but followed everywhere: cannot happen, the newest is never followed
    const std::uint16_t i = list.choose();
    const bool equal = memory().at(i).value == bits(expected);
    if (!equal || (weak && model::the.spend_spurious())) {
      memory().read(i, t, model::the.self(), f);
      expected = done("CAS failed", i, f, w);
      return false;
    }
    memory().read(i, t, model::the.self(), s);
    memory().write(at_, i, true, bits(desired), t, model::the.self(), s);
    done("CAS", memory().at(i).newer, s, w);
    return true;
  }

  T done(const char* name, std::uint16_t i, order o, const site& w) const noexcept {
    if (model::the.tracing) [[unlikely]]
      model::the.log(name, &at_, memory().at(i).value, o, w);
    return value_of(memory().at(i).value);
  }

  [[no_unique_address]] T constant_;  // what a constant expression sees; the explorer's stores hold the value
  mutable model::location at_;
};

inline bool futex_wait(const atomic<std::uint32_t>& word, std::uint32_t expected, std::int64_t timeout_ns = -1,
                       model::site w = model::site::current()) noexcept {
  model::the.point();
  const bool sleeps = word.compared_by_kernel() == expected;
  if (model::the.tracing) model::the.log(sleeps ? "futex sleeps" : "futex passes", nullptr, 0, memory_order_relaxed, w);
  return !sleeps || model::the.sleep(&word, timeout_ns >= 0);
}

inline void futex_wake(const atomic<std::uint32_t>& word, int count, model::site w = model::site::current()) noexcept {
  model::the.point();  // the word may be gone: only its address is used
  if (model::the.tracing) model::the.log("futex wake", nullptr, 0, memory_order_relaxed, w);
  model::the.wake(&word, count);
}

/// A scenario may deny it: then both halves are seq_cst fences, as in the product (runtime/sync/membarrier.cpp).
inline bool membarrier_available = true;

inline void fence_light(model::site w = model::site::current()) noexcept {
  if (model::removed(w, model::access::light_fence)) return;
  model::the.point();
  if (model::the.tracing) model::the.log("light fence", nullptr, 0, memory_order_seq_cst, w);
  if (membarrier_available) return model::the.store.light(model::the.mine(), model::the.self());
  model::the.store.fence(model::the.mine(), model::the.self(), memory_order_seq_cst);
}

inline void fence_light_granted(model::site w = model::site::current()) noexcept { fence_light(w); }

inline void fence_heavy(model::site w = model::site::current()) noexcept {
  if (model::removed(w, model::access::heavy_fence)) return;
  model::the.point();
  if (model::the.tracing) model::the.log("heavy fence", nullptr, 0, memory_order_seq_cst, w);
  if (membarrier_available) return model::the.store.heavy(model::the.mine(), model::the.self());
  model::the.store.fence(model::the.mine(), model::the.self(), memory_order_seq_cst);
}

inline void pause() noexcept { model::the.pause(); }

inline const void* this_thread() noexcept { return &model::the.me(); }

}  // namespace weir::inline v0::sync

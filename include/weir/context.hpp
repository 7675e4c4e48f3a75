// weir/context.hpp - values that follow a task: trace id, tenant, user.                        [floor: coro]
//
//   inline constexpr weir::context_key<std::string> tenant{"tenant"};
//   co_await with_context(tenant, "acme", handle(request));       // in there, and in every task it awaits or spawns:
//   const std::string* t = co_await get_context(tenant);           // null if nobody set it
//
// A value is set for one awaitable and everything inside it; it cannot be changed, only covered by an inner one. The
// nodes live in the frames of the awaiting tasks, linked inwards out: no allocation, no thread-local, nothing to
// restore after a hop. Children of a group get the context of the task that opened the group, which outlives them.
#pragma once

#include <coroutine>
#include <type_traits>
#include <utility>

#include <weir/detail/as_task.hpp>
#include <weir/detail/promise.hpp>
#include <weir/task.hpp>

namespace weir::inline v0 {

/// Names a value of type T. Define keys with static storage: their address is their identity.
template <class T>
class context_key {
 public:
  explicit constexpr context_key(const char* name) noexcept : name_{name} {}
  context_key(const context_key&) = delete;
  context_key& operator=(const context_key&) = delete;
  [[nodiscard]] constexpr const char* name() const noexcept { return name_; }

 private:
  const char* name_;
};

namespace detail {

struct context_node {
  const void* key;
  const void* value;
  const context_node* outer;
};

template <class V, class T>
class context_awaiter : public task_awaiter<T> {
 public:
  context_awaiter(const void* key, V&& value, task<T>&& work)
      : task_awaiter<T>{std::move(work).take_frame()}, value_(std::move(value)), node_{key, &value_, nullptr} {}
  context_awaiter(const context_awaiter&) = delete;
  context_awaiter& operator=(const context_awaiter&) = delete;

  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> h) noexcept {
    node_.outer = h.promise().env.context;
    task_awaiter<T>::await_suspend(h);
    this->child().env.context = &node_;
  }

 private:
  V value_;
  context_node node_;
};

template <class V>
class get_context_awaiter {
 public:
  using weir_awaitable = void;
  using keeps_the_stack = void;
  explicit get_context_awaiter(const void* key) noexcept : key_{key} {}
  bool await_ready() const noexcept { return false; }
  template <task_promise P>
  bool await_suspend(std::coroutine_handle<P> h) noexcept {
    nodes_ = h.promise().env.context;
    return false;
  }
  const V* await_resume() const noexcept {
    for (auto* n = nodes_; n != nullptr; n = n->outer)
      if (n->key == key_) return static_cast<const V*>(n->value);
    return nullptr;
  }

 private:
  const void* key_;
  const context_node* nodes_ = nullptr;
};

}  // namespace detail

/// What with_context returns: await it, once.
template <class V, class T>
class [[nodiscard]] contextual_task {
 public:
  using weir_awaitable = void;
  contextual_task(const void* key, V&& value, task<T>&& work)
      : key_{key}, value_(std::move(value)), work_{std::move(work)} {}
  detail::context_awaiter<V, T> operator co_await() && {
    return detail::context_awaiter<V, T>{key_, std::move(value_), std::move(work_)};
  }

 private:
  const void* key_;
  V value_;
  task<T> work_;
};

/// Runs `work` with `key` set to `value`. Result and errors  work's.       Cost  one node in the awaiting frame
template <class V, class A>
auto with_context(const context_key<V>& key, std::type_identity_t<V> value, A&& work) {
  return contextual_task<V, detail::task_value_t<A>>{&key, std::move(value), detail::as_task(std::forward<A>(work))};
}

/// `co_await get_context(key)`: the innermost value set around this task, or null. Valid as long as the scope that set
/// it, hence as long as this task.          Cost  one step per value set around the task
template <class V>
[[nodiscard]] auto get_context(const context_key<V>& key) noexcept {
  return detail::get_context_awaiter<V>{&key};
}

}  // namespace weir::inline v0

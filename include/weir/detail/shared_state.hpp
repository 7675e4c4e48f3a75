// weir/detail/shared_state.hpp - a completion with room for a value, and the node it lives in. [floor: job]
//
// The value lives in the same pooled block as the completion; a reference is kept as a pointer, void as nothing.
#pragma once

#include <weir/detail/completion.hpp>
#include <weir/detail/pool.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace weir::inline v0::detail {

/// Makes a node in one pooled block. Strong guarantee: when a constructor throws, the block goes back.
template <class Node, class... Args>
[[nodiscard]] Node* make_node(Args&&... args) {
  constexpr bool pooled = alignof(Node) <= 16;
  void* block = nullptr;
  if constexpr (pooled)
    block = pool_allocate(sizeof(Node));
  else
    block = ::operator new(sizeof(Node), std::align_val_t{alignof(Node)});
  try {
    return ::new (block) Node(std::forward<Args>(args)...);
  } catch (...) {
    if constexpr (pooled)
      pool_release(block, sizeof(Node));
    else
      ::operator delete(block, std::align_val_t{alignof(Node)});
    throw;
  }
}

template <class Node>
void destroy_node(Node* node) noexcept {
  node->~Node();
  if constexpr (alignof(Node) <= 16)
    pool_release(node, sizeof(Node));
  else
    ::operator delete(node, std::align_val_t{alignof(Node)});
}

template <class T>
class shared_state : public completion {
  struct nothing {};
  static_assert(!std::is_rvalue_reference_v<T>, "a future of an rvalue reference would dangle");

 public:
  using stored = std::conditional_t<
      std::is_void_v<T>, nothing,
      std::conditional_t<std::is_lvalue_reference_v<T>, std::remove_reference_t<T>*, std::remove_cv_t<T>>>;

  shared_state(const operations& ops, std::uint32_t references) noexcept : completion{ops, references} {}
  ~shared_state() {
    if (what() == content::value) std::destroy_at(std::addressof(value_));
  }

  /// Produces the value from a call. What the call or T's constructor throws goes to the caller; nothing is kept then.
  template <class Call>
  void produce(Call&& call) {
    if constexpr (std::is_void_v<T>) {
      std::forward<Call>(call)();
      std::construct_at(std::addressof(value_));
    } else if constexpr (std::is_lvalue_reference_v<T>) {
      T result = std::forward<Call>(call)();
      std::construct_at(std::addressof(value_), std::addressof(result));
    } else {
      ::new (static_cast<void*>(std::addressof(value_))) stored(std::forward<Call>(call)());  // elided: no move
    }
    set_content(content::value);
  }

  /// The value, to be read in place. Requires ready(); throws what is there instead.
  [[nodiscard]] stored& value() {
    if (what() != content::value) rethrow();
    return value_;
  }

 private:
  union {
    stored value_;
  };
};

}  // namespace weir::inline v0::detail

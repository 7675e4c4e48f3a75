// weir/stream/zip.hpp - two streams item by item: zip.                                            [floor: flow]
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include <weir/detail/stage.hpp>
#include <weir/stream/stream.hpp>

namespace weir::inline v0 {

namespace detail {

template <class A, class B>
class zip_stage : public part {
 public:
  using item = std::pair<value_of<A>, value_of<B>>;
  static constexpr std::size_t drivers = A::drivers + B::drivers;
  zip_stage(A&& a, B&& b) : a_(std::move(a)), b_(std::move(b)) {}
  task<> start(task_group& group) {
    if constexpr (A::drivers != 0) co_await a_.start(group);
    if constexpr (B::drivers != 0) co_await b_.start(group);
  }
  template <class Emit>
  flow poll(Emit&& emit) {
    for (std::size_t n = emits_per_poll; n != 0; --n) {
      for (side next : {side::first, side::second}) {
        waits_for_ = next;
        const flow how = next == side::first ? fill(a_, from_a_) : fill(b_, from_b_);
        if (next == side::first ? !from_a_ : !from_b_) return how;
      }
      item both{std::move(*from_a_), std::move(*from_b_)};
      from_a_.reset(), from_b_.reset();
      if (!emit(std::move(both))) break;
    }
    return flow::more;
  }
  task<> ready() {
    if (waits_for_ == side::first)
      co_await a_.ready();
    else
      co_await b_.ready();
  }
  void list(listing& to) {
    list_part(a_, to);
    list_part(b_, to);
    list_in_loop(to, *this, "zip", 2);
  }

 private:
  enum class side : unsigned { first, second };
  template <class S>
  static flow fill(S& stage, std::optional<value_of<S>>& into) {
    return into ? flow::more : poll_one(stage, into);
  }

  A a_;
  B b_;
  std::optional<value_of<A>> from_a_;
  std::optional<value_of<B>> from_b_;
  side waits_for_ = side::first;
};

}  // namespace detail

/// Pairs of the first items, the second ones, and so on. Waits for the first stream, then for the second. Ends with the
/// one that ends first; at most one item of the first is then dropped. Holds one item of each. Allocates  a task frame
/// for each time that it waits.
template <class A, class B>
[[nodiscard]] auto zip(stream<A> a, stream<B> b) {
  return stream{detail::zip_stage<A, B>{std::move(a).take_stage(), std::move(b).take_stage()}};
}

}  // namespace weir::inline v0

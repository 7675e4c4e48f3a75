// weir/stream/generate.hpp - a stream written as a loop: generate.                                [floor: flow]
//
//   auto pages = generate<page>([&](emitter<page>& out) -> task<> {
//     for (auto cursor = first; cursor; ) {
//       page p = co_await fetch(cursor);
//       cursor = p.next;
//       co_await out(std::move(p));              // goes on when the next page is wanted
//     }
//   });
//
// Two batons go round between the loop and the consumer: wanted, and there. Whoever has none waits, so nothing else is
// needed for the item between them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <weir/detail/baton.hpp>
#include <weir/detail/request.hpp>
#include <weir/stream/stream.hpp>

namespace weir::inline v0 {

namespace detail {

template <class T>
struct on_demand {
  baton wanted, there;
  std::optional<T> item;  ///< the loop's from `wanted` to `there`, else the consumer's
  bool ended = false;     ///< likewise
};

/// The loop's half: puts the item there, and takes the next wish. From: T, or const T to be copied.
template <class T, class From>
class emission : public baton::taking {
 public:
  emission(on_demand<T>* of, From* item) noexcept : taking{&of->wanted}, of_{*of}, item_{item} {}
  bool await_ready() {
    of_.item.emplace(std::move(*item_));
    of_.there.give();
    return false;
  }

 private:
  on_demand<T>& of_;
  From* item_;
};

template <class T, class F>
class generate_source;

}  // namespace detail

/// What generate()'s function emits through.
template <class T>
class emitter {
 public:
  /// `co_await out(value)`: emits it; goes on when the next one is wanted.   Errors  operation_cancelled: none is
  [[nodiscard]] auto operator()(T&& value) noexcept { return emission<T>{of_, &value}; }
  [[nodiscard]] auto operator()(const T& value) noexcept { return emission<const T>{of_, &value}; }

 private:
  template <class U, class F>
  friend class detail::generate_source;
  template <class From>
  using emission = detail::request<detail::emission<T, From>, detail::on_demand<T>*, From*>;

  explicit emitter(detail::on_demand<T>& of) noexcept : of_{&of} {}
  detail::on_demand<T>* of_;
};

namespace detail {

template <class T, class F>
class generate_source : public part {
 public:
  using item = T&&;
  static constexpr std::size_t drivers = 1;
  explicit generate_source(F fn) : fn_(std::move(fn)), shared_{std::make_unique<on_demand<T>>()} {}
  task<> start(task_group& group) { co_await group.spawn(drive(), "generate"); }

  template <class Emit>
  flow poll(Emit&& emit) {
    if (asked_) return flow::idle;
    if (!shared_->item) return shared_->ended ? flow::ended : flow::idle;
    T out = std::move(*shared_->item);
    shared_->item.reset();
    return emit(std::move(out)) ? flow::idle : flow::more;
  }
  auto ready() noexcept { return request<arrival, generate_source*>{this}; }
  void list(listing& to) { list_in_loop(to, *this, "generate", 1); }

 private:
  /// The consumer's half. One that was stopped has asked already.
  class arrival : public baton::taking {
   public:
    explicit arrival(generate_source* of) noexcept : taking{&of->shared_->there}, of_{*of} {}
    bool await_ready() noexcept {
      if (!std::exchange(of_.asked_, true)) of_.shared_->wanted.give();
      return false;
    }
    void await_resume() {
      static_cast<void>(this->end());
      of_.asked_ = false;
    }

   private:
    generate_source& of_;
  };

  task<> drive() {
    co_await request<baton::taking, baton*>{&shared_->wanted};
    emitter<T> out{*shared_};
    co_await std::invoke(fn_, out);
    shared_->ended = true;
    shared_->there.give();
  }

  F fn_;
  std::unique_ptr<on_demand<T>> shared_;
  bool asked_ = false;
};

}  // namespace detail

/// fn(emitter<T>&) -> task<>, in a task of its own that runs only while an item is wanted.
/// Emits what fn emits, one item resident. Backpressures: out(value) goes on when the next item is asked for, and fn is
/// not called before the first is. Ends when fn does; what it throws is the stream's failure. When the stream ends
/// early, out(...) and whatever else fn awaits throw operation_cancelled. Allocates nothing for an item.
template <class T, class F>
[[nodiscard]] auto generate(F fn) {
  static_assert(detail::is_task<std::invoke_result_t<F&, emitter<T>&>>, "generate: the function must return a task<>");
  return stream{detail::generate_source<T, F>{std::move(fn)}};
}

}  // namespace weir::inline v0

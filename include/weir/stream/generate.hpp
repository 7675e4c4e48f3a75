// weir/stream/generate.hpp - a stream written as a loop: generate.                                [floor: flow]
//
//   auto pages = generate<page>([&](emitter<page>& out) -> task<> {
//     for (auto cursor = first; cursor; ) {
//       page p = co_await fetch(cursor);
//       cursor = p.next;
//       co_await out(std::move(p));              // goes on when the next page is wanted
//     }
//   });
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <weir/channel.hpp>
#include <weir/stream/stream.hpp>
#include <weir/unit.hpp>

namespace weir::inline v0 {

namespace detail {

template <class T>
struct on_demand {
  channel<unit> demand{1, channel_options{.name = "generate, demand"}};
  channel<T> items{1, channel_options{.name = "generate"}};
};

template <class T, class F>
class generate_source;

}  // namespace detail

/// What generate()'s function emits through.
template <class T>
class emitter {
 public:
  /// `co_await out(value)`: emits it; goes on when the next one is wanted.   Errors  operation_cancelled: none is
  [[nodiscard]] task<> operator()(T value) {
    co_await of_->items.send(std::move(value));
    static_cast<void>(co_await of_->demand.receive());
  }

 private:
  template <class U, class F>
  friend class detail::generate_source;
  explicit emitter(detail::on_demand<T>& of) noexcept : of_{&of} {}
  detail::on_demand<T>* of_;
};

namespace detail {

template <class T, class F>
class generate_source {
 public:
  using item = T&&;
  static constexpr std::size_t drivers = 1;
  explicit generate_source(F fn) : fn_(std::move(fn)), shared_{std::make_unique<on_demand<T>>()} {}
  task<> start(task_group& group) { co_await group.spawn(drive(), "generate"); }

  template <class Emit>
  flow poll(Emit&& emit) {
    if (ended_) return flow::ended;
    if (!held_) return flow::idle;
    T out = std::move(*held_);
    held_.reset();
    return emit(std::move(out)) ? flow::idle : flow::more;
  }
  task<> ready() {
    static_cast<void>(shared_->demand.try_send(unit{}));  // there already: an earlier wait for this item was stopped
    held_ = co_await shared_->items.receive();
    ended_ = !held_;
  }

 private:
  task<> drive() {
    static_cast<void>(co_await shared_->demand.receive());
    emitter<T> out{*shared_};
    co_await std::invoke(fn_, out);
    shared_->items.close();
  }

  F fn_;
  std::unique_ptr<on_demand<T>> shared_;
  std::optional<T> held_;
  bool ended_ = false;
};

}  // namespace detail

/// fn(emitter<T>&) -> task<>, in a task of its own that runs only while an item is wanted.
/// Emits what fn emits, one item resident. Backpressures: out(value) goes on when the next item is asked for, and fn is
/// not called before the first is. Ends when fn does; what it throws is the stream's failure. When the stream ends
/// early, out(...) and whatever else fn awaits throw operation_cancelled. Allocates  three frames an item, from the
/// pool.
template <class T, class F>
[[nodiscard]] auto generate(F fn) {
  static_assert(detail::is_task<std::invoke_result_t<F&, emitter<T>&>>, "generate: the function must return a task<>");
  return stream{detail::generate_source<T, F>{std::move(fn)}};
}

}  // namespace weir::inline v0

// weir/detail/bulk.hpp - one node for many items.                                              [floor: job]
//
//   root piece [0, n) --runs on some worker--> [0, k) done, [k, m) running, [m, n) split off while others are free
//
// A bulk is a callable, a count of items left, and pieces: pooled jobs that stand for a part of [0, n). A worker takes
// a chunk off its piece and puts the rest on its own deque while it runs it: nothing hides behind a long item, and
// between chunks the worker is as free for other jobs as between jobs. Whenever its deque is empty, so that a thief
// would find nothing but that rest, it splits off the upper half first. Nobody waits for anybody: the piece that ends
// the last item finishes the bulk. Items are counted one by one (D9), pieces are not.
#pragma once

#include <weir/detail/callable_name.hpp>
#include <weir/detail/executor_core.hpp>
#include <weir/detail/post_node.hpp>
#include <weir/detail/suppressed.hpp>
#include <weir/error.hpp>
#include <weir/future.hpp>

#include <atomic>
#include <cstddef>
#include <exception>
#include <stop_token>
#include <utility>

namespace weir::inline v0::detail {

class bulk {
 public:
  bulk(executor_core& on, std::size_t items, std::stop_token stop) noexcept
      : on_{on}, stop_{std::move(stop)}, left_{items} {}
  bulk(const bulk&) = delete;
  bulk& operator=(const bulk&) = delete;

  /// The job that stands for all items of a new bulk. Throws std::bad_alloc; then the bulk is gone.
  [[nodiscard]] static job* root_piece(bulk& whole);

  /// Ends a bulk whose root piece was refused: destroys both, counts nothing.
  static void abandon(job& root) noexcept;

 protected:
  /// How the items of a chunk ended; the rest of the chunk was skipped.
  struct tally {
    std::size_t ok = 0, failed = 0;
  };

  virtual ~bulk() = default;
  virtual tally run_chunk(std::size_t begin, std::size_t end) noexcept = 0;
  /// The last item has ended: delivers that and destroys the bulk.
  virtual void finish() noexcept = 0;
  virtual void destroy() noexcept = 0;
  /// Items that have not started are to be skipped: they end as cancelled.
  [[nodiscard]] bool stopped() noexcept {
    if (!stop_.stop_requested()) return false;
    cut_.store(true, std::memory_order_relaxed);  // as in act()
    return true;
  }
  /// True when items were cancelled (discarded, stopped) instead of run. Valid in finish().
  [[nodiscard]] bool cut() const noexcept { return cut_.load(std::memory_order_relaxed); }

 private:
  struct piece;
  static outcome act(job* j, action what) noexcept;
  void run(piece& p) noexcept;
  void split(piece& p) noexcept;
  void run_items(std::size_t begin, std::size_t n) noexcept;
  void ended(std::size_t n) noexcept;

  executor_core& on_;
  const std::stop_token stop_;
  std::atomic<std::size_t> left_;
  std::atomic<std::size_t> chunk_{1};  // items between two looks at the world, sized by time (cpu/bulk.cpp)
  std::atomic<bool> cut_{false};
};

template <class F>
class posted_bulk final : public bulk {
 public:
  template <class G>
  posted_bulk(executor_core& on, std::size_t n, std::stop_token stop, G&& fn)
      : bulk{on, n, std::move(stop)}, fn_{std::forward<G>(fn)} {}

 private:
  tally run_chunk(std::size_t begin, std::size_t end) noexcept override {
    tally t;
    for (std::size_t i = begin; i < end && !stopped(); ++i) {
      try {
        fn_(i);
        ++t.ok;
      } catch (...) {
        ++t.failed;
        report_unhandled("post_bulk", std::current_exception());
      }
    }
    return t;
  }
  void finish() noexcept override { destroy(); }
  void destroy() noexcept override { destroy_node(this); }

  F fn_;
};

template <class F>
class submitted_bulk final : public bulk {
 public:
  template <class G>
  submitted_bulk(executor_core& on, std::size_t n, std::stop_token stop, G&& fn, promise<void> done)
      : bulk{on, n, std::move(stop)}, fn_{std::forward<G>(fn)}, done_{std::move(done)} {}

 private:
  tally run_chunk(std::size_t begin, std::size_t end) noexcept override {
    tally t;
    try {
      // Relaxed: only saves work.
      for (std::size_t i = begin; i < end && !failed_.load(std::memory_order_relaxed) && !stopped(); ++i) {
        fn_(i);
        ++t.ok;
      }
    } catch (...) {
      t.failed = 1;
      // Read in finish(), which comes after this chunk's share of left_ was subtracted.
      if (!failed_.exchange(true, std::memory_order_relaxed))
        error_ = std::current_exception();
      else
        report_suppressed("submit_bulk", std::current_exception());
    }
    return t;
  }

  void finish() noexcept override {
    promise<void> done = std::move(done_);
    std::exception_ptr error = error_ || !cut() ? std::move(error_) : std::make_exception_ptr(operation_cancelled{});
    destroy();  // what the callable captured is gone when the future is ready
    if (error)
      done.set_exception(std::move(error));
    else
      done.set_value();
  }
  void destroy() noexcept override { destroy_node(this); }

  F fn_;
  promise<void> done_;
  std::atomic<bool> failed_{false};
  std::exception_ptr error_;
};

/// The root piece of a new bulk; null when there are no items. Strong guarantee.
template <template <class> class Kind, class F, class... Rest>
[[nodiscard]] job* make_bulk(executor_core& on, std::size_t n, std::stop_token stop, F&& fn, Rest&&... rest) {
  if (n == 0) return nullptr;
  auto* const made =
      make_node<Kind<std::decay_t<F>>>(on, n, std::move(stop), std::forward<F>(fn), std::forward<Rest>(rest)...);
  job* const root = bulk::root_piece(*made);
  root->name = callable_name<F>("bulk");
  return root;
}

}  // namespace weir::inline v0::detail

// weir/detail/settling.hpp - several children, one parent: who decides, who is next, who is last.  [floor: coro]
//
// Up to `window` children run at once, started in order; each that ends makes room for the next. One of them may decide
// the whole (the first failure of when_all, the first success of when_any): then no more are started.
//
// Protocol    a child that ends:  D claim(): won: it stops the others
//                                 L leave(): the next child to start, or `last`: the parent may go on
//             D before L: until the winner has left, the parent does not go on, so the scope is there to be stopped.
// Invariants  W1  at most one claim() wins; if any child's end decides, exactly one
//             W2  exactly one leave() says `last`, after all others have left; nobody touches this object after it
//             W3  a child is started at most once, in order, never after a claim; at most `window` run
// Checked: tests/model/settling_model.cpp
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace weir::inline v0::detail {

/// What a child's end means: `open` nothing is decided; `won` it has decided just now, others run; `alone` it has
/// decided and no other runs; `late` another one had.
enum class settled_as : unsigned { open, won, alone, late };

template <class Lock>
class settling {
 public:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  struct step {
    std::size_t start;  ///< the index of the child to start now; none
    bool last;
  };

  /// Before any child runs. How many start at once: 0, 1, ...   Requires  window >= 1
  std::size_t begin(std::size_t count, std::size_t window) noexcept {
    count_ = count;
    return next_ = running_ = std::min(count, window);
  }

  /// `child`, which has ended, claims to decide the whole, or (decides == false) asks whether that is done.
  [[nodiscard]] settled_as claim(const void* child, bool decides) noexcept {
    const std::lock_guard guard{lock_};
    if (winner_ != nullptr) return settled_as::late;
    if (!decides) return settled_as::open;
    winner_ = child;
    return running_ > 1 ? settled_as::won : settled_as::alone;
  }

  /// A child that has ended leaves, and is marked so under the lock. `stopped`: the scope is; no more are started.
  template <class Mark>
  [[nodiscard]] step leave(bool stopped, Mark&& mark) noexcept {
    const std::lock_guard guard{lock_};
    mark();
    if (next_ < count_ && winner_ == nullptr && !stopped) return {next_++, false};
    return {none, --running_ == 0};
  }

  /// What look(started) says, under the lock: which children run is settled while it looks.
  template <class Look>
  [[nodiscard]] auto look(Look&& look) noexcept {
    const std::lock_guard guard{lock_};
    return look(next_);
  }

  // After the last has left.
  [[nodiscard]] const void* winner() const noexcept { return winner_; }
  [[nodiscard]] std::size_t started() const noexcept { return next_; }

 private:
  Lock lock_;  ///< protects everything below
  std::size_t count_ = 0;
  std::size_t next_ = 0;     ///< the first child not started
  std::size_t running_ = 0;  ///< started and not left
  const void* winner_ = nullptr;
};

}  // namespace weir::inline v0::detail

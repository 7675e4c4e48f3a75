// io/fd_table.hpp - who waits for which descriptor, and what the backend knows of it.          [floor: io]
//
//   entry[fd] = {generation, tag, watched, readers: op <-> op <-> op, writers: op <-> op}
// Lists       FIFO, linked through op.prev and op.sibling; leaving from the middle is O(1)
// Reuse       generation: which life of the number the entry describes; a request of another life starts a new one.
//             tag: number of the backend's watch; events of an earlier watch carry an earlier tag and are dropped.
// Threads     the reactor's only
// Memory      entries come in chunks of 256 that never move or shrink; only the first use of a chunk allocates
#pragma once

#include <weir/detail/operation.hpp>

#include <memory>
#include <vector>

namespace weir::inline v0::io {

class waiter_list {
 public:
  using operation = detail::operation;

  void push_back(operation& op) noexcept;
  void remove(operation& op) noexcept;
  [[nodiscard]] operation* front() const noexcept { return first_; }
  [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

 private:
  operation* first_ = nullptr;
  operation* last_ = nullptr;
};

struct fd_entry {
  waiter_list readers;
  waiter_list writers;
  std::uint64_t generation = 0;
  std::uint32_t tag = 0;
  bool watched = false;          ///< an edge watch of this generation is in force
  bool accept_reported = false;  ///< the shortage that pauses this listener has been reported

  [[nodiscard]] bool idle() const noexcept { return readers.empty() && writers.empty(); }
};

/// True for the kinds that wait until the descriptor is readable.
[[nodiscard]] constexpr bool waits_for_input(detail::operation::kind what) noexcept {
  using kind = detail::operation::kind;
  return what == kind::poll_in || what == kind::read || what == kind::recv || what == kind::accept;
}

class fd_table {
 public:
  /// Null when fd is negative or there is no memory for its entry.
  [[nodiscard]] fd_entry* at(int fd) noexcept;

  /// The entry of a number that at() has seen; null otherwise. Allocates nothing.
  [[nodiscard]] fd_entry* find(int fd) const noexcept;

  template <class F>
  void for_each_busy(F&& f) {
    for (const auto& chunk : chunks_)
      if (chunk != nullptr)
        for (std::size_t i = 0; i < chunk_size; ++i)
          if (!chunk[i].idle()) f(chunk[i]);
  }

 private:
  static constexpr std::size_t chunk_size = 256;

  std::vector<std::unique_ptr<fd_entry[]>> chunks_;
};

}  // namespace weir::inline v0::io

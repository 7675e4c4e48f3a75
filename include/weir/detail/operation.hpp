// weir/detail/operation.hpp - one timer or I/O request, as data.                               [floor: job]
//
// An operation lives in the frame of the task that awaits it: no allocation, and its memory is pinned until complete()
// has been called, exactly once, on the thread of the scheduler that started it (the reactor). It says WHAT is wanted,
// not how: the epoll backend tries the system call when the descriptor is ready, a completion backend can submit it.
//
// One winner  state carries two bits. The reactor completes with fetch_or(completed); a canceller asks with
//             fetch_or(cancel_asked) and, if completed was not set, sends a message through cancel_link. Whoever comes
//             second sees the other's bit: a completion that finds cancel_asked waits for the message to arrive before
//             it resumes the owner, so no message ever points into a dead frame. Checked: tests/model/cancel_model.cpp
// fd reuse    A descriptor number says nothing about its life. An owner that closes numbers itself gives each life a
//             generation; requests of an older generation never reach the newer descriptor. 0: somebody else owns the
//             number and may close it unseen, so nothing about it is remembered between two waits.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace weir::inline v0::detail {

struct operation {
  enum class kind : unsigned { sleep, poll_in, poll_out, read, write, recv, send, accept, connect };
  using complete_fn = void (*)(operation&) noexcept;

  operation(kind k, complete_fn fn) noexcept : what{k}, complete{fn} {}
  operation(const operation&) = delete;
  operation& operator=(const operation&) = delete;

  // The request, written by the owner before start().
  kind what;
  std::uint8_t where = 0;  ///< the scheduler's own note: which of its structures holds the operation
  int fd = -1;
  std::uint64_t generation = 0;  ///< which life of the number fd is meant; 0: not known
  void* data = nullptr;          ///< read, recv: buffer. write, send: bytes. accept, connect: sockaddr_storage*
  std::size_t size = 0;          ///< bytes at data; accept, connect: length of the address
  std::chrono::steady_clock::time_point deadline{};  ///< sleep: when
  complete_fn complete;

  /// The result, valid from complete() on: bytes or descriptor (>= 0) or a negated errno; -ECANCELED when cancelled.
  std::int64_t result = 0;

  // The scheduler's own part.
  operation* submit_link = nullptr;  ///< submission queue
  operation* cancel_link = nullptr;  ///< cancellation queue
  operation* prev = nullptr;         ///< timer heap, or list of waiters of one descriptor
  operation* sibling = nullptr;
  operation* child = nullptr;
  std::atomic<std::uint8_t> state{0};  ///< sync/cancel_bits.hpp: 1 completed, 2 cancel asked
};

}  // namespace weir::inline v0::detail

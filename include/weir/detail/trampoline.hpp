// weir/detail/trampoline.hpp - how one task hands its thread to the next.                      [floor: coro]
//
//   resume_loop(h):  h.resume(); while (a handle was passed on) resume that one;
//   await a child    passes the child on and suspends          child ends: passes its parent on
//
// Every resumption of a task happens inside a resume_loop, and whoever suspends in favour of another coroutine names it
// with resume_next() instead of calling or tail-calling it. So the stack has the depth of one coroutine, however many
// complete synchronously in a row and however deep the chain is, under every compiler and every sanitizer (D14).
//
// Threads     The slot between the two is thread-local and reached only through these functions, which are never
//             inlined: a coroutine may go on on another thread, and compilers cache thread-local addresses.
// Invariant   A slot holds at most one handle: what is passed on is taken up as soon as the passer has suspended.
#pragma once

#include <coroutine>
#include <cstdint>

namespace weir::inline v0::detail {

/// Runs h and everything that is passed on from it, until something suspends without passing anything on. May nest.
void resume_loop(std::coroutine_handle<> h) noexcept;

/// As resume_loop, but begins with a function that resumes coroutines itself.
void run_loop(void (*first)(void*) noexcept, void* what) noexcept;

/// The stack address below which nothing may be nested any deeper in the calling thread's resume_loop.
[[nodiscard]] std::uintptr_t loop_stack_limit() noexcept;

/// Names what the current resume_loop runs next. Requires a resume_loop on this thread and that the caller suspends.
void resume_next(std::coroutine_handle<> h) noexcept;

/// A leaf await is ready at once, once more. True: this resume_loop has gone on like that for so long that others are
/// to have the thread, one look at the clock in 128 (or after 8192, where the clock stands still): budget.
[[nodiscard]] bool turn_is_over() noexcept;

}  // namespace weir::inline v0::detail

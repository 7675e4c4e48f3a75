// explorer/fiber.hpp - stacks that the explorer switches between: one per thread of the model.
//
// The switch saves the callee-saved registers and swaps stack pointers, a few ns; an execution makes dozens of them and
// a model millions of executions. A fiber that is abandoned in the middle is simply started anew: nothing is unwound.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" void weir_model_switch(void** save, void* load) noexcept;

#if defined(__x86_64__)
asm(R"(
.text
.p2align 4
.type weir_model_switch, @function
weir_model_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size weir_model_switch, .-weir_model_switch
)");
#elif defined(__aarch64__)
asm(R"(
.text
.p2align 4
.type weir_model_switch, %function
weir_model_switch:
  sub sp, sp, #160
  stp x19, x20, [sp, #0]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp x19, x20, [sp, #0]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  ret
.size weir_model_switch, .-weir_model_switch
)");
#else
#error "explorer: no fiber switch for this processor"
#endif

namespace weir::inline v0::model {

class fiber {
 public:
  static constexpr std::size_t stack_bytes = 256 * 1024;

  fiber() = default;
  fiber(const fiber&) = delete;
  fiber& operator=(const fiber&) = delete;
  ~fiber() {
    if (stack_ != nullptr) ::munmap(stack_, stack_bytes);
  }

  /// The next switch to this fiber enters entry on a fresh stack. entry must never return.
  void start(void (*entry)()) {
    if (stack_ == nullptr) map();
    auto* top = reinterpret_cast<std::uintptr_t*>(static_cast<char*>(stack_) + stack_bytes);
#if defined(__x86_64__)
    constexpr int saved = 6;
    *--top = 0;  // return address of entry: none, and the stack is aligned as a call would have left it
    *--top = reinterpret_cast<std::uintptr_t>(entry);
#else
    constexpr int saved = 20;
    top -= saved;
    top[11] = reinterpret_cast<std::uintptr_t>(entry);  // x30
    top += saved;
#endif
    for (int i = 0; i < saved; ++i) {
      --top;
#if defined(__x86_64__)
      *top = 0;
#endif
    }
    pointer_ = top;
  }

  void** save_slot() noexcept { return &pointer_; }
  [[nodiscard]] void* pointer() const noexcept { return pointer_; }

 private:
  void map() {
    stack_ = ::mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack_ == MAP_FAILED || ::mprotect(stack_, 4096, PROT_NONE) != 0) {
      std::perror("explorer: stack");
      std::abort();
    }
  }

  void* stack_ = nullptr;
  void* pointer_ = nullptr;
};

}  // namespace weir::inline v0::model

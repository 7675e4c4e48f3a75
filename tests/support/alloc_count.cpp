#include "support/alloc_count.hpp"

#include <dlfcn.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WEIR_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define WEIR_TEST_SANITIZED 1
#endif
#endif

namespace support {
namespace {

constinit std::atomic<std::uint64_t> operator_new_calls{0};
constinit std::atomic<std::uint64_t> malloc_calls{0};
constinit std::atomic<std::uint64_t> mimalloc_calls{0};
constinit std::atomic<std::uint64_t> tbb_calls{0};

}  // namespace

allocation_counts allocations() noexcept {
  return {operator_new_calls.load(), malloc_calls.load(), mimalloc_calls.load(), tbb_calls.load()};
}

#if defined(WEIR_TEST_SANITIZED)

bool allocations_counted() noexcept { return false; }

}  // namespace support

#else

bool allocations_counted() noexcept { return true; }

namespace {

void count(std::atomic<std::uint64_t>& calls) noexcept { calls.fetch_add(1, std::memory_order_relaxed); }

// The next definition of a function after ours: libc's, or that of the library that replaces it.
template <class Fn>
Fn* real(std::atomic<Fn*>& cached, const char* symbol) noexcept {
  Fn* fn = cached.load(std::memory_order_relaxed);
  if (fn == nullptr) {
    fn = reinterpret_cast<Fn*>(dlsym(RTLD_NEXT, symbol));
    if (fn == nullptr) std::abort();
    cached.store(fn, std::memory_order_relaxed);
  }
  return fn;
}

using malloc_fn = void*(std::size_t);
using aligned_fn = void*(std::size_t, std::size_t);
using realloc_fn = void*(void*, std::size_t);
using posix_fn = int(void**, std::size_t, std::size_t);
using tbb_fn = void*(void**, std::size_t);
using tbb_data_fn = void*(void**, std::size_t, const void*);
constinit std::atomic<malloc_fn*> real_malloc{nullptr};
constinit std::atomic<aligned_fn*> real_aligned_alloc{nullptr};

void* new_block(std::size_t size, std::size_t alignment) noexcept {
  count(operator_new_calls);
  if (size == 0) size = 1;
  if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) return real(real_malloc, "malloc")(size);
  return real(real_aligned_alloc, "aligned_alloc")(alignment, (size + alignment - 1) / alignment * alignment);
}

void* new_or_throw(std::size_t size, std::size_t alignment = 0) {
  if (void* block = new_block(size, alignment)) return block;
  throw std::bad_alloc{};
}

}  // namespace
}  // namespace support

using support::count;
using support::new_block;
using support::new_or_throw;
using support::real;

// NOLINTBEGIN: replacements of the language's and the system's own functions
void* operator new(std::size_t size) { return new_or_throw(size); }
void* operator new[](std::size_t size) { return new_or_throw(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return new_block(size, 0); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return new_block(size, 0); }
void* operator new(std::size_t size, std::align_val_t a) { return new_or_throw(size, static_cast<std::size_t>(a)); }
void* operator new[](std::size_t size, std::align_val_t a) { return new_or_throw(size, static_cast<std::size_t>(a)); }
void* operator new(std::size_t size, std::align_val_t a, const std::nothrow_t&) noexcept {
  return new_block(size, static_cast<std::size_t>(a));
}
void* operator new[](std::size_t size, std::align_val_t a, const std::nothrow_t&) noexcept {
  return new_block(size, static_cast<std::size_t>(a));
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete[](void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
void operator delete[](void* block, std::size_t) noexcept { std::free(block); }
void operator delete(void* block, std::align_val_t) noexcept { std::free(block); }
void operator delete[](void* block, std::align_val_t) noexcept { std::free(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { std::free(block); }
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept { std::free(block); }

#define WEIR_COUNT(counter, symbol, type, ...)         \
  do {                                                 \
    static constinit std::atomic<type*> next{nullptr}; \
    count(support::counter);                           \
    return real(next, symbol)(__VA_ARGS__);            \
  } while (false)

extern "C" {
void* malloc(std::size_t size) {
  count(support::malloc_calls);
  return real(support::real_malloc, "malloc")(size);
}
void* aligned_alloc(std::size_t a, std::size_t size) {
  count(support::malloc_calls);
  return real(support::real_aligned_alloc, "aligned_alloc")(a, size);
}
void* calloc(std::size_t n, std::size_t size) { WEIR_COUNT(malloc_calls, "calloc", support::aligned_fn, n, size); }
void* realloc(void* block, std::size_t size) { WEIR_COUNT(malloc_calls, "realloc", support::realloc_fn, block, size); }
void* memalign(std::size_t a, std::size_t size) { WEIR_COUNT(malloc_calls, "memalign", support::aligned_fn, a, size); }
int posix_memalign(void** block, std::size_t a, std::size_t size) {
  WEIR_COUNT(malloc_calls, "posix_memalign", support::posix_fn, block, a, size);
}

// Called only where libmimalloc is linked, so the real ones are there when these run.
void* mi_malloc(std::size_t size) { WEIR_COUNT(mimalloc_calls, "mi_malloc", support::malloc_fn, size); }
void* mi_zalloc(std::size_t size) { WEIR_COUNT(mimalloc_calls, "mi_zalloc", support::malloc_fn, size); }
void* mi_new(std::size_t size) { WEIR_COUNT(mimalloc_calls, "mi_new", support::malloc_fn, size); }
void* mi_calloc(std::size_t n, std::size_t size) {
  WEIR_COUNT(mimalloc_calls, "mi_calloc", support::aligned_fn, n, size);
}
void* mi_malloc_aligned(std::size_t size, std::size_t a) {
  WEIR_COUNT(mimalloc_calls, "mi_malloc_aligned", support::aligned_fn, size, a);
}
void* mi_realloc(void* block, std::size_t size) {
  WEIR_COUNT(mimalloc_calls, "mi_realloc", support::realloc_fn, block, size);
}

// tbb::detail::r1::allocate, allocate_memory, cache_aligned_allocate: what oneTBB's headers call. Likewise only where
// libtbb is linked.
void* weir_test_tbb_allocate(void** pool,
                             std::size_t size) asm("_ZN3tbb6detail2r18allocateERPNS0_2d117small_object_poolEm");
void* weir_test_tbb_allocate(void** pool, std::size_t size) {
  WEIR_COUNT(tbb_calls, "_ZN3tbb6detail2r18allocateERPNS0_2d117small_object_poolEm", support::tbb_fn, pool, size);
}
void* weir_test_tbb_allocate_ed(void** pool, std::size_t size, const void* data) asm(
    "_ZN3tbb6detail2r18allocateERPNS0_2d117small_object_poolEmRKNS2_14execution_dataE");
void* weir_test_tbb_allocate_ed(void** pool, std::size_t size, const void* data) {
  WEIR_COUNT(tbb_calls, "_ZN3tbb6detail2r18allocateERPNS0_2d117small_object_poolEmRKNS2_14execution_dataE",
             support::tbb_data_fn, pool, size, data);
}
void* weir_test_tbb_allocate_memory(std::size_t size) asm("_ZN3tbb6detail2r115allocate_memoryEm");
void* weir_test_tbb_allocate_memory(std::size_t size) {
  WEIR_COUNT(tbb_calls, "_ZN3tbb6detail2r115allocate_memoryEm", support::malloc_fn, size);
}
void* weir_test_tbb_cache_aligned(std::size_t size) asm("_ZN3tbb6detail2r122cache_aligned_allocateEm");
void* weir_test_tbb_cache_aligned(std::size_t size) {
  WEIR_COUNT(tbb_calls, "_ZN3tbb6detail2r122cache_aligned_allocateEm", support::malloc_fn, size);
}
}

// Looks every real function up before anybody needs it. The first call must not come from within glibc's own dlerror():
// it allocates, the dlsym() of real() would free the very record that dlerror() is working on, and glibc would write
// into the freed block. (TBB calls dlerror() when it finds no libtbbbind.)
[[gnu::constructor]] static void resolve_all() {
  const auto used = [](void* block) {
    asm volatile("" : : "r"(block) : "memory");  // or the compiler leaves the pair out
    std::free(block);
  };
  used(std::realloc(std::malloc(1), 2));
  used(std::calloc(1, 1));
  used(std::aligned_alloc(16, 16));
  used(memalign(16, 16));
  void* block = nullptr;
  if (posix_memalign(&block, 16, 16) == 0) used(block);
}
// NOLINTEND

#endif

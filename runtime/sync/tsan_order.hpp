// sync/tsan_order.hpp - tells ThreadSanitizer of an order that it cannot see.                 [floor: sync]
//
// For one place: moodycamel's queue orders its elements with fences, and TSan knows none; the queue is compiled without
// instrumentation (tools/lib/tsan.ignorelist), so its synchronisation is invisible. Whoever hands an object through it
// says tsan_sent(object) before and tsan_received(object) after. Sends and receptions of one object are paired, nothing
// else: what only the queue's inner workings would order is still reported. Without TSan both are nothing.
#pragma once

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WEIR_TSAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define WEIR_TSAN 1
#endif

#if defined(WEIR_TSAN)
extern "C" void __tsan_acquire(void* address);
extern "C" void __tsan_release(void* address);
#endif

namespace weir::inline v0::sync {

#if defined(WEIR_TSAN)
inline void tsan_sent(void* object) noexcept { __tsan_release(object); }
inline void tsan_received(void* object) noexcept { __tsan_acquire(object); }
#else
inline void tsan_sent(void*) noexcept {}
inline void tsan_received(void*) noexcept {}
#endif

}  // namespace weir::inline v0::sync

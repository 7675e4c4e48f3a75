#include <weir/detail/foreign.hpp>

#include <weir/detail/frames.hpp>

namespace weir::inline v0::detail {
namespace {

struct wake_proxy {
  struct promise_type {
    static void* operator new(std::size_t size) { return frame_allocate(size); }
    static void operator delete(void* frame, std::size_t size) noexcept { frame_release(frame, size); }
    wake_proxy get_return_object() noexcept { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept {}
  };
  std::coroutine_handle<> handle;
};

wake_proxy wake_when_resumed(promise_base* task) {
  task->wake();
  co_return;
}

}  // namespace

std::coroutine_handle<> make_wake_proxy(promise_base& task) { return wake_when_resumed(&task).handle; }

}  // namespace weir::inline v0::detail

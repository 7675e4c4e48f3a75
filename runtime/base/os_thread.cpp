#include "base/os_thread.hpp"

#include <algorithm>

namespace weir::inline v0::base {

int os_thread::start(std::string_view name, void (*run)(void*), void* arg, create_fn create) noexcept {
  const std::size_t length = std::min(name.size(), name_.size() - 1);
  std::copy_n(name.begin(), length, name_.begin());
  run_ = run;
  arg_ = arg;
  const int error = create(&thread_, nullptr, &os_thread::enter, this);
  started_ = error == 0;
  return error;
}

void os_thread::join() noexcept {
  if (!started_) return;
  pthread_join(thread_, nullptr);
  started_ = false;
}

void* os_thread::enter(void* self) noexcept {
  const auto* thread = static_cast<os_thread*>(self);
  pthread_setname_np(pthread_self(), thread->name_.data());
  thread->run_(thread->arg_);
  return nullptr;
}

}  // namespace weir::inline v0::base

// weir/detail/token_scope.hpp - one task that a std::stop_token stops, whatever its result.     [floor: coro]
#pragma once

#include <optional>
#include <stop_token>
#include <utility>

#include <weir/detail/grace_note.hpp>
#include <weir/detail/promise.hpp>
#include <weir/detail/stop_state.hpp>

namespace weir::inline v0::detail {

class token_scope {
 protected:
  explicit token_scope(std::stop_token token) noexcept : token_{std::move(token)} {}
  ~token_scope() = default;
  token_scope(const token_scope&) = delete;
  token_scope& operator=(const token_scope&) = delete;

  void begin(promise_base& parent, promise_base& child) noexcept;
  void end() noexcept;

 private:
  struct request {
    token_scope* scope;
    void operator()() const noexcept { scope->stop(); }
  };
  void stop() noexcept;

  std::stop_token token_;
  stop_state scope_;
  scheduler* sched_ = nullptr;
  const char* name_ = nullptr;  ///< the task's
  grace_note* note_ = nullptr;  ///< written inside the callback, read after its end
  std::optional<std::stop_callback<request>> on_stop_;
};

}  // namespace weir::inline v0::detail

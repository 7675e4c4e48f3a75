// support/channel_sides.hpp - a channel of the explorer's, and threads that send to it and receive from it.
#pragma once

#include <weir/detail/channel_core.hpp>

#include "explorer/model.hpp"
#include "support/model_lock.hpp"
#include "sync/one_wake.hpp"

namespace channel_sides {

namespace detail = weir::detail;
namespace sync = weir::sync;
using detail::passage;
using detail::wait_end;
using core = detail::channel_core<int, model_lock>;

constexpr auto always = [] { return true; };

struct sender : core::sender {
  explicit sender(int* v) : core::sender{v, 1, &woken} {}
  static void woken(detail::waiter& w) noexcept {
    sync::one_wake::wake(static_cast<sender&>(static_cast<core::sender&>(w)).word);
  }
  sync::one_wake::word word{0};

  bool run(core& to) {
    core::aftermath out;
    const passage p = to.send(*this, {}, out, always);
    if (p != passage::waits) return p == passage::done;
    while (!sync::one_wake::sleep(word, -1)) {
    }
    return how == wait_end::done;
  }
};

struct receiver : core::receiver {
  receiver() : core::receiver{&woken} {}
  static void woken(detail::waiter& w) noexcept {
    sync::one_wake::wake(static_cast<receiver&>(static_cast<core::receiver&>(w)).word);
  }
  sync::one_wake::word word{0};

  bool run(core& from) {
    core::aftermath out;
    const passage p = from.receive(*this, {}, out, always);
    if (p != passage::waits) return p == passage::done;
    while (!sync::one_wake::sleep(word, -1)) {
    }
    return how == wait_end::done;
  }
};

}  // namespace channel_sides

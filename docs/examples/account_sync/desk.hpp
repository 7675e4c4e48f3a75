// desk.hpp - the partner's mind: what it answers to a call, and when.
//
// It lets capacity() calls a second through, answers 429 to the others, and takes the account's latency for
// either. One mind for both worlds: partner_server.cpp puts it behind sockets, memory_partner.cpp does not.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include <weir/weir.hpp>

#include "world.hpp"

namespace account_sync {

enum class verdict : std::uint8_t { synced, refused, too_many };

struct answer {
  verdict what;
  std::chrono::nanoseconds retry_after{};  ///< of too_many
};

class desk {
 public:
  desk(weir::runtime_handle clock, const world& w);

  [[nodiscard]] weir::task<answer> decide(account a);

 private:
  const world world_;
  const std::vector<bool> refused_;
  weir::rate_limiter gate_;
};

}  // namespace account_sync

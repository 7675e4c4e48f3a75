// partner.hpp - the other side, as the shapes see it: takes one account at a time, and may refuse.
//
//   tcp_partner      a line protocol over weir's sockets, to a server in a process of its own
//   memory_partner   the same decisions (desk.hpp) without sockets, for virtual time
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>

#include <weir/weir.hpp>

#include "world.hpp"

namespace account_sync {

/// The partner does not want this account; to call again is no use.
class refused_account : public std::runtime_error {
 public:
  explicit refused_account(account a)
      : std::runtime_error{"account " + std::to_string(a.id) + ": refused"}, which_{a} {}
  [[nodiscard]] account which() const noexcept { return which_; }

 private:
  account which_;
};

class partner {
 public:
  virtual ~partner() = default;

  /// Syncs one account, by one call. Errors  refused_account; weir::retry_later (429); std::system_error
  /// (no descriptor, nobody there, hung up)
  [[nodiscard]] virtual weir::task<account> push(account a) = 0;

  /// Takes the partner down for that long. Goes on when it is up again.
  [[nodiscard]] virtual weir::task<> restart(std::chrono::nanoseconds down) = 0;
};

}  // namespace account_sync

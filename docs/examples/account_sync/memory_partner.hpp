// memory_partner.hpp - the partner without sockets: for any runtime, meant for virtual time.
//
// It runs out of descriptors and restarts as the real one does, with one difference: a call that is under
// way when the partner goes down learns of it when its answer was due.
#pragma once

#include <cstddef>
#include <memory>

#include "desk.hpp"
#include "ledger.hpp"
#include "partner.hpp"

namespace account_sync {

class memory_partner final : public partner {
 public:
  memory_partner(weir::runtime_handle clock, const world& w, ledger& book);
  weir::task<account> push(account a) override;
  weir::task<> restart(std::chrono::nanoseconds down) override;

 private:
  class connection;

  const weir::runtime_handle clock_;
  const world world_;
  ledger& book_;
  std::shared_ptr<desk> desk_;  ///< null: it is down
  std::size_t connections_ = 0;
};

}  // namespace account_sync

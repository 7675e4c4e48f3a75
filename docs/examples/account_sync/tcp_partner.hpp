// tcp_partner.hpp - the partner on the other end of TCP connections, which are kept and used again.
//
// A call takes the connection that was used last, or opens one more: there are as many as calls have been
// in flight at once, and nothing here bounds them. That is the shape's business.
#pragma once

#include <mutex>
#include <vector>

#include "desk.hpp"
#include "ledger.hpp"
#include "line_stream.hpp"
#include "partner.hpp"

namespace account_sync {

class tcp_partner final : public partner {
 public:
  /// control: to the port where the partner can be taken down, connected while there are descriptors.
  tcp_partner(const weir::endpoint& at, weir::tcp_stream control, ledger& book)
      : at_{at}, control_{std::move(control)}, book_{book} {}
  weir::task<account> push(account a) override;
  weir::task<> restart(std::chrono::nanoseconds down) override;

 private:
  weir::task<line_stream> connection();
  weir::task<answer> ask(line_stream& server, account a);
  void keep(line_stream&& idle);

  const weir::endpoint at_;
  line_stream control_;
  ledger& book_;
  std::mutex lock_;  ///< never held across an await
  std::vector<line_stream> idle_;
};

}  // namespace account_sync

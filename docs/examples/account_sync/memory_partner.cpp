#include "memory_partner.hpp"

#include <system_error>

#include "verdicts.hpp"

namespace account_sync {
namespace {

std::system_error system_error(std::errc code) { return {std::make_error_code(code), "connect to the partner"}; }

}  // namespace

/// As a socket: one of few, and only while somebody listens.
class memory_partner::connection {
 public:
  explicit connection(memory_partner& to) : to_{to} {
    if (to_.connections_ == to_.world_.descriptors) {
      to_.book_.no_descriptor();
      throw system_error(std::errc::too_many_files_open);
    }
    if (to_.desk_ == nullptr) throw system_error(std::errc::connection_refused);
    ++to_.connections_;
  }
  ~connection() { --to_.connections_; }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

 private:
  memory_partner& to_;
};

memory_partner::memory_partner(weir::runtime_handle clock, const world& w, ledger& book)
    : clock_{clock}, world_{w}, book_{book}, desk_{std::make_shared<desk>(clock, w)} {}

weir::task<account> memory_partner::push(account a) {
  const connection one{*this};
  const ledger::call counted{book_};
  const std::shared_ptr<desk> asked = desk_;
  const answer said = co_await asked->decide(a);
  if (asked != desk_) throw system_error(std::errc::connection_reset);
  co_return accept_verdict(a, said, book_);
}

weir::task<> memory_partner::restart(std::chrono::nanoseconds down) {
  desk_ = nullptr;
  co_await weir::sleep_for(down);
  desk_ = std::make_shared<desk>(clock_, world_);
}

}  // namespace account_sync

#include "ledger.hpp"

#include <algorithm>
#include <system_error>

#include "partner.hpp"

namespace account_sync {
namespace {

std::size_t& reason(books& in, const std::exception_ptr& why) {
  failed_accounts& of = in.failed;
  try {
    std::rethrow_exception(why);
  } catch (const refused_account& e) {
    if (of.refused < books::most_named) in.refused_ids[of.refused] = e.which().id;
    return of.refused;
  } catch (const weir::retry_later&) {
    return of.throttled;
  } catch (const std::system_error& e) {
    return e.code() == std::errc::too_many_files_open ? of.no_descriptor : of.unreachable;
  } catch (...) {
    return of.unreachable;
  }
}

}  // namespace

ledger::ledger(weir::runtime_handle clock, std::size_t accounts, progress& shown)
    : clock_{clock}, accounts_{accounts}, shown_{shown} {}

void ledger::work_begins() {
  const std::lock_guard hold{lock_};
  begin_ = clock_.now();
}

void ledger::work_ends() {
  const std::lock_guard hold{lock_};
  end_ = clock_.now();
}

void ledger::call_begins() {
  const std::lock_guard hold{lock_};
  ++books_.attempts;
  books_.peak_in_flight = std::max(books_.peak_in_flight, ++in_flight_);
}

void ledger::call_ends() {
  const std::lock_guard hold{lock_};
  --in_flight_;
}

void ledger::rejected() {
  const std::lock_guard hold{lock_};
  ++books_.rejected_429;
}

void ledger::no_descriptor() {
  const std::lock_guard hold{lock_};
  ++books_.no_descriptor;
}

void ledger::synced(account) {
  const std::lock_guard hold{lock_};
  ++books_.synced;
  settled(true);
}

void ledger::failed(const std::exception_ptr& why) {
  const std::lock_guard hold{lock_};
  std::size_t& as = reason(books_, why);
  ++as;
  settled(&as == &books_.failed.refused);
}

// Under the lock.
void ledger::settled(bool answered) {
  if (answered && back_ && to_recover_ != 0 && --to_recover_ == 0) {
    const time_point now = clock_.now();
    books_.outage = now - *down_;
    books_.recovery = now - *back_;
  }
  const std::size_t done = books_.settled();
  if (done == (accounts_ + 1) / 2) half_done_.set();
  if (shown_.is_due()) shown_.draw(done, in_flight_, books_.failed.total());
}

void ledger::partner_went_down() {
  const std::lock_guard hold{lock_};
  down_ = clock_.now();
  to_recover_ = std::max<std::size_t>(in_flight_, 1);
}

void ledger::partner_is_back() {
  const std::lock_guard hold{lock_};
  back_ = clock_.now();
}

books ledger::read() const {
  const std::lock_guard hold{lock_};
  books now = books_;
  if (begin_) now.wall = end_.value_or(clock_.now()) - *begin_;
  return now;
}

}  // namespace account_sync

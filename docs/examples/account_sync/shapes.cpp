#include "shapes.hpp"

#include <exception>
#include <vector>

namespace account_sync {
namespace {

using namespace std::chrono_literals;
using synced = weir::expected<account>;

bool may_pass(const std::exception_ptr& why) {
  try {
    std::rethrow_exception(why);
  } catch (const refused_account&) {
    return false;
  } catch (...) {
    return true;
  }
}

/// What every shape does with one account: calls, and calls again while that makes sense. A partner that
/// restarts is waited for some seconds. The failure that remains is a value.
auto patiently(const job& j, weir::retry_budget* budget) {
  auto push = [&to = j.to](account a) { return to.push(a); };
  return weir::settled(weir::retry({.attempts = 16,
                                    .first = 50ms,
                                    .most = 1s,
                                    .attempt_timeout = 10 * j.in.latency + 1s,
                                    .budget = budget,
                                    .retriable = may_pass,
                                    .seed = j.in.seed + 1},
                                   push));
}

/// Repetitions may be a tenth of the calls, and what a full house needs while the partner restarts: about five
/// a second for each call in flight.
weir::retry_budget modest(const job& j) {
  const double per_second = 5 * static_cast<double>(j.in.limit);
  return weir::retry_budget{j.on, {.per_call = 0.1, .per_second = per_second, .most = 10 * per_second}};
}

void enter(ledger& book, const synced& one) {
  if (one)
    book.synced(*one);
  else
    book.failed(one.error());
}

weir::task<> serial(const job& j) {
  weir::retry_budget budget = modest(j);
  auto call = patiently(j, &budget);
  for (const account a : first_accounts(j.accounts)) {
    const synced one = co_await call(a);
    enter(j.book, one);
  }
}

// As it is often written: everything at once, and again whatever fails. A range needs a bound in weir; one
// that is as large as the work is none.
weir::task<> unbounded(const job& j) {
  auto call = patiently(j, nullptr);
  auto started = [&](account a) -> weir::task<> {
    const synced one = co_await call(a);
    enter(j.book, one);
  };
  co_await weir::map_all(first_accounts(j.accounts), weir::par{j.accounts}, started);
}

weir::task<> bounded(const job& j) {
  weir::retry_budget budget = modest(j);
  auto report = [&](const std::exception_ptr& why) { j.book.failed(why); };
  auto count = [&](account a) { j.book.synced(a); };
  auto all = weir::from(first_accounts(j.accounts)) |
             weir::map_async(patiently(j, &budget), weir::par{j.in.limit}, weir::unordered) |
             weir::skip_errors(report) | weir::for_each(count);
  co_await std::move(all);
}

weir::task<> batches(const job& j) {
  weir::retry_budget budget = modest(j);
  auto call = patiently(j, &budget);
  auto call_one = [&call](account a) { return call(a); };
  auto wave = [&](const std::vector<account>& accounts) -> weir::task<> {
    const std::vector<synced> results = co_await weir::map_all(accounts, weir::par{accounts.size()}, call_one);
    for (const synced& one : results) enter(j.book, one);
  };
  auto all = weir::from(first_accounts(j.accounts)) | weir::batch(j.in.limit) | weir::for_each(weir::par{1}, wave);
  co_await std::move(all);
}

}  // namespace

const char* name_of(shape s) noexcept {
  constexpr std::array names{"serial", "unbounded", "bounded", "batches"};
  return names[static_cast<std::size_t>(s)];
}

weir::task<> carry_out(shape s, const job& j) {
  switch (s) {
    case shape::serial:
      return serial(j);
    case shape::unbounded:
      return unbounded(j);
    case shape::bounded:
      return bounded(j);
    case shape::batches:
      return batches(j);
  }
  std::terminate();
}

std::chrono::nanoseconds predicted(shape s, const world& w, std::size_t accounts) {
  if (accounts == 0) return {};
  const std::size_t at_once = s == shape::serial ? 1 : s == shape::unbounded ? accounts : w.limit;
  return weir::predict(accounts, w.latency, weir::par{at_once});
}

}  // namespace account_sync

#include "roof/memory_link.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include <weir/detail/saturating.hpp>
#include <weir/detail/trampoline.hpp>
#include <weir/error.hpp>
#include <weir/rate.hpp>

namespace weir::inline v0 {
namespace detail {

template <class F>
void memory_link::at(time_point t, F fn) {
  if (life_.expired()) return;
  if (t <= rt_->now())
    fn(*this);
  else
    rt_->call_at(t, [self = shared_from_this(), fn] { fn(*self); });
}

time_point memory_link::leaves(std::size_t bytes) noexcept {
  const auto ns = uint128{bytes} * 1'000'000'000 / options_.bytes_per_second;
  free_at_ = saturating_add(std::max(free_at_, rt_->now()), std::chrono::nanoseconds{static_cast<std::int64_t>(ns)});
  return saturating_add(free_at_, options_.latency);
}

bool memory_link::try_now(memory_transfer& t) { return t.reads_ ? read(t) : write(t); }

bool memory_link::read(memory_transfer& t) {
  if (readable_ == 0 && !t.into_.empty()) return ended_;  // outcome_ is 0
  const std::size_t n = std::min(readable_, t.into_.size());
  const auto last = bytes_.begin() + static_cast<std::ptrdiff_t>(n);
  std::copy(bytes_.begin(), last, t.into_.begin());
  bytes_.erase(bytes_.begin(), last);
  readable_ -= n;
  t.outcome_ = static_cast<std::int64_t>(n);
  look_again(writing_);
  return true;
}

bool memory_link::write(memory_transfer& t) {
  if (no_reader_) {
    t.outcome_ = -EPIPE;
    return true;
  }
  const std::size_t n = std::min(t.from_.size(), options_.capacity - bytes_.size());
  if (n == 0) return t.from_.empty();
  bytes_.insert(bytes_.end(), t.from_.begin(), t.from_.begin() + static_cast<std::ptrdiff_t>(n));
  t.outcome_ = static_cast<std::int64_t>(n);
  at(leaves(n), [n](memory_link& me) {
    me.readable_ += n;
    me.look_again(me.reading_);
  });
  return true;
}

std::int64_t memory_link::wait(memory_transfer& t) noexcept {
  memory_transfer*& place = t.reads_ ? reading_ : writing_;
  if (place != nullptr) return -EBUSY;
  place = &t;
  return 0;
}

void memory_link::withdraw(memory_transfer& t) noexcept {
  memory_transfer*& place = t.reads_ ? reading_ : writing_;
  if (place == &t) cancel(place);
}

void memory_link::look_again(memory_transfer*& waiting) {
  if (waiting == nullptr) return;
  memory_transfer& t = *waiting;
  if (try_now(t)) {
    waiting = nullptr;
    t.finish(t.outcome_);
  }
}

void memory_link::cancel(memory_transfer*& waiting) noexcept {
  if (waiting != nullptr) std::exchange(waiting, nullptr)->finish(-ECANCELED);
}

void memory_link::close_reader() {
  if (std::exchange(reader_closed_, true)) return;
  cancel(reading_);
  if (life_.expired()) return;
  at(saturating_add(rt_->now(), options_.latency), [](memory_link& me) {
    me.no_reader_ = true;
    me.look_again(me.writing_);
  });
}

void memory_link::close_writer() {
  if (std::exchange(writer_closed_, true)) return;
  cancel(writing_);
  if (life_.expired()) return;
  at(leaves(0), [](memory_link& me) {
    me.ended_ = true;
    me.look_again(me.reading_);
  });
}

memory_transfer::memory_transfer(std::shared_ptr<memory_link> on, std::span<std::byte> into) noexcept
    : parked_task{&withdraw}, on_{std::move(on)}, into_{into}, reads_{true} {}

memory_transfer::memory_transfer(std::shared_ptr<memory_link> on, std::span<const std::byte> from) noexcept
    : parked_task{&withdraw}, on_{std::move(on)}, from_{from}, reads_{false} {}

memory_transfer::memory_transfer(memory_transfer&& other) noexcept
    : parked_task{&withdraw}, on_{std::move(other.on_)}, into_{other.into_}, from_{other.from_}, reads_{other.reads_} {}

bool memory_transfer::try_now() noexcept {
  if (on_) return on_->try_now(*this);
  outcome_ = -EBADF;
  return true;
}

void memory_transfer::begin(promise_base& task) noexcept {
  outcome_ = -ECANCELED;
  if (!stopped_before(task) && may_wait(wait_cause::io, on_.get())) {
    outcome_ = on_->wait(*this);
    if (outcome_ == 0) return;
  }
  task.go_on();
}

void memory_transfer::finish(std::int64_t outcome) noexcept {
  outcome_ = outcome;
  wake_task();
}

void memory_transfer::withdraw(parked_task& t) noexcept {
  auto& me = static_cast<memory_transfer&>(t);
  me.on_->withdraw(me);
}

std::size_t memory_transfer::await_resume() {
  end_wait();
  if (outcome_ >= 0) return static_cast<std::size_t>(outcome_);
  if (outcome_ == -ECANCELED) throw operation_cancelled{};
  throw std::system_error{static_cast<int>(-outcome_), std::system_category(), doing()};
}

weir::result<std::size_t> memory_transfer::await_result() {
  end_wait();
  if (outcome_ >= 0) return weir::result<std::size_t>{static_cast<std::size_t>(outcome_)};
  return {std::error_code{static_cast<int>(-outcome_), std::system_category()}, doing()};
}

memory_end& memory_end::operator=(memory_end&& other) noexcept {
  if (this == &other) return *this;
  close();
  on_ = std::move(other.on_);
  reads_ = other.reads_;
  return *this;
}

void memory_end::close() noexcept {
  if (!on_) return;
  const auto link = std::move(on_);
  if (reads_)
    link->close_reader();
  else
    link->close_writer();
}

task<void> write_all_to(std::shared_ptr<memory_link> on, std::span<const std::byte> bytes) {
  while (!bytes.empty()) bytes = bytes.subspan(co_await memory_transfer{on, bytes});
}

}  // namespace detail

namespace testing {
namespace {

std::pair<detail::memory_end, detail::memory_end> make_direction(manual_runtime& rt, const link_options& options) {
  if (options.capacity == 0) throw std::invalid_argument{"weir::testing::link_options::capacity must be at least 1"};
  if (options.bytes_per_second == 0)
    throw std::invalid_argument{"weir::testing::link_options::bytes_per_second must be at least 1"};
  if (options.latency < options.latency.zero())
    throw std::invalid_argument{"weir::testing::link_options::latency is negative"};
  auto link = std::make_shared<detail::memory_link>(rt, options);
  return {detail::memory_end{link, true}, detail::memory_end{link, false}};
}

}  // namespace

memory_pipe make_pipe(manual_runtime& rt, const link_options& options) {
  auto [reads, writes] = make_direction(rt, options);
  return {memory_reader{std::move(reads)}, memory_writer{std::move(writes)}};
}

memory_connection make_connection(manual_runtime& rt, const link_options& options) {
  auto [server_in, client_out] = make_direction(rt, options);
  auto [client_in, server_out] = make_direction(rt, options);
  return {memory_stream{std::move(client_in), std::move(client_out)},
          memory_stream{std::move(server_in), std::move(server_out)}};
}

}  // namespace testing
}  // namespace weir::inline v0

// weir/detail/channel_impl.hpp - the bodies of channel<T>.                                         [floor: flow]
// Included by channel.hpp.
#pragma once

#include <weir/channel.hpp>
#include <weir/detail/channel_refusal.hpp>

namespace weir::inline v0 {

template <class T>
channel<T>::channel(detail::listed::visit_fn visit, std::size_t capacity, const channel_options& options,
                    channel_hooks<T> hooks)
    : options_{options},
      hooks_{std::move(hooks)},
      aging_{options.age != options.age.max()},
      core_{std::make_unique<core>(detail::checked_limits(capacity, options), hooks_.on_high || hooks_.on_low)},
      entry_{this, visit} {
  detail::trace(detail::event::queue_open, detail::trace_id(this), capacity, 0, options_.name);
}

template <class T>
void channel<T>::list(void* what, detail::listing& to) {
  auto& me = *static_cast<channel*>(what);
  const channel_stats now = me.stats();
  const auto set = [](void* it, std::size_t n) { static_cast<channel*>(it)->set_capacity(n); };
  detail::list_channel(to, now, me.options_.on_full, {&me, now.capacity != 0 ? +set : nullptr});
}

template <class T>
channel<T>::~channel() {
  const auto left = core_->read();
  if (left.waiting_senders + left.waiting_receivers + left.reserved != 0) detail::channel_in_use(stats());
  abort();
}

// The hot path: one lock, no clock unless there is an age limit.
template <class T>
template <class MayWait>
detail::passage channel<T>::offer(sender& s, MayWait&& may_wait) {
  using detail::passage;
  for (;;) {
    const time_point at = now();
    if (aging_) expire(at);
    aftermath out;
    const passage p = core_->send(s, at, out, may_wait);  // waits: s may be gone
    if (out.discarded) note(detail::event::queue_full, 1, 2);
    settle(out);
    if (p == passage::done && s.items != nullptr) note(detail::event::queue_push, s.accepted);
    if (p == passage::grow)
      core_->grow();
    else if (p != passage::full || core_->policy() == overflow::fail)
      return p;
  }
}

template <class T>
template <class MayWait>
detail::passage channel<T>::fetch(receiver& r, MayWait&& may_wait) noexcept {
  const time_point at = now();
  if (aging_) expire(at);
  aftermath out;
  const auto p = core_->receive(r, at, out, may_wait);  // waits: r may be gone
  settle(out);
  if (p == detail::passage::done) note(detail::event::queue_pop, 1);
  return p;
}

template <class T>
std::size_t channel<T>::fetch_many(std::vector<T>& into, std::size_t n) {
  if (into.capacity() - into.size() < n) {
    const std::size_t want = into.size() + std::min(n, std::max<std::size_t>(core_->read().length, 1));
    if (want > into.capacity()) into.reserve(std::max(want, into.capacity() * 2));
  }
  const time_point at = now();
  if (aging_) expire(at);
  aftermath out;
  const std::size_t most = std::min(n, into.capacity() - into.size());
  const std::size_t got = core_->take_many(most, at, out, [&into](T&& v) noexcept { into.push_back(std::move(v)); });
  settle(out);
  if (got != 0) note(detail::event::queue_pop, got);
  return got;
}

template <class T>
void channel<T>::expire(time_point at) noexcept {
  if (options_.on_full == overflow::block) return;
  for (;;) {
    aftermath out;
    if (!core_->expire(at - options_.age, out)) return;
    settle(out);
  }
}

template <class T>
void channel<T>::tell_watermarks() noexcept {
  while (const auto high = core_->next_crossing()) {
    note(*high ? detail::event::queue_high : detail::event::queue_low);
    const auto& hook = *high ? hooks_.on_high : hooks_.on_low;
    if (hook) hook();
    core_->told();
  }
}

template <class T>
void channel<T>::abort() noexcept {
  note(detail::event::queue_close, 0, 1);
  detail::item_ring<T> left;
  core_->abort(left);
  for (; !left.empty(); left.drop_front()) discard(std::move(left.front()));
}

template <class T>
bool channel<T>::try_send(T&& value) {
  sender s{&value, 1, nullptr};
  s.bytes = weigh(value);
  const auto p = offer(s, [] { return false; });
  if (p == detail::passage::too_large) refuse(p);
  return p == detail::passage::done;
}

template <class T>
std::optional<T> channel<T>::try_receive() {
  receiver r{nullptr};
  if (fetch(r, [] { return false; }) == detail::passage::closed) return at_end();
  return std::move(r.value);
}

template <class T>
void channel<T>::send_blocking(T&& value, time_point until) {
  detail::blocked_sender<T> me{*this, value};
  me.run(until);
}

template <class T>
std::optional<T> channel<T>::receive_blocking(time_point until) {
  detail::blocked_receiver<T> me{*this};
  return me.run(until);
}

template <class T>
void channel<T>::set_capacity(std::size_t capacity) {
  if (capacity == 0 || core_->read().capacity == 0)
    throw std::invalid_argument{"weir::channel: a rendezvous keeps its capacity, and no other becomes one"};
  while (!core_->resize(capacity)) core_->grow();
}

template <class T>
channel_stats channel<T>::stats() const noexcept {
  const auto c = core_->read();
  const auto oldest = aging_ && c.oldest ? std::max<std::int64_t>((now() - *c.oldest).count(), 0) : 0;
  return {options_.name,
          c.capacity,
          c.length,
          c.reserved,
          c.peak,
          c.bytes,
          c.waiting_senders,
          c.waiting_receivers,
          c.accepted,
          c.received,
          c.discarded,
          senders_blocked_.load(std::memory_order_relaxed),
          receivers_blocked_.load(std::memory_order_relaxed),
          static_cast<std::uint64_t>(oldest),
          c.closed};
}

template <class T>
void channel<T>::refuse(detail::passage why) const {
  detail::refuse_send(why, options_);
}

template <class T>
std::optional<T> channel<T>::at_end() const {
  if (auto error = core_->error()) std::rethrow_exception(std::move(error));
  return std::nullopt;
}

template <class T>
void slots<T>::send(T&& value) {
  const std::size_t bytes = of_->weigh(value);
  if (bytes > bytes_) of_->refuse(detail::passage::too_large);
  const std::size_t given_back = left_ == 1 ? bytes_ : bytes;
  typename channel<T>::aftermath out;
  const bool sent = of_->core_->send_reserved(value, bytes, given_back, of_->now(), out);
  bytes_ -= given_back;
  --left_;
  if (!sent) return of_->discard(std::move(value));
  of_->note(detail::event::queue_push, 1);
  of_->settle(out);
}

}  // namespace weir::inline v0

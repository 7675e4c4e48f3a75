// weir/detail/channel_core.hpp - a bounded channel under one short lock, whoever waits.            [floor: flow]
//
//   senders_ --line--> items_ (capacity) --line--> receivers_
//
// Invariants  Q1  items + reserved <= capacity (also bytes). Capacity 0: <= waiting receivers when admitted
//             Q2  receivers wait only while there is no item, senders only while the head of their line has no room
//             Q3  accepted == received + discarded + items, at every unlock
//             Q4  order of acceptance is order of delivery; pump() serves who waits, in order, before newcomers
//             Q5  closed: senders_ is empty. closed, no item and nothing reserved: receivers_ is empty too
// Every step that frees room, brings an item or closes ends with what Q2 and Q5 ask for. Values move under the lock
// (T's move constructor must not throw); hooks, allocations and wake-ups come after it. The protocol of waiting is
// wait_line.hpp's. Checked: tests/model/channel_model.cpp
#pragma once

#include <algorithm>
#include <cstdint>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include <weir/detail/channel_types.hpp>
#include <weir/detail/item_ring.hpp>
#include <weir/detail/wait_line.hpp>

namespace weir::inline v0::detail {

template <class T, class Lock>
class channel_core {
  static_assert(std::is_nothrow_move_constructible_v<T>, "weir::channel: T's move constructor must be noexcept");

 public:
  using time_point = std::chrono::steady_clock::time_point;
  static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();
  using sender = channel_sender<T>;
  using receiver = channel_receiver<T>;

  using aftermath = channel_aftermath<T>;

  channel_core(const channel_limits& limits, bool watched)
      : noted_{limits.bytes != unlimited || limits.age != limits.age.max()},
        watched_{watched},
        items_{first_places(limits.capacity), noted_},
        limits_{limits} {}

  /// Accepts what there is room for, in order behind those who wait. `now` matters with an age limit only.
  /// waits  s is in line (only if may_wait() said so).   grow  make storage and come again
  /// full   under overflow::fail: no room. Under a policy that drops: discard the victim in `out` and come again
  template <class MayWait>
  [[nodiscard]] passage send(sender& s, time_point now, aftermath& out, MayWait&& may_wait) noexcept {
    wake_list wakes;
    const hold guard{lock_};
    if (state_ != state::open) return passage::closed;
    latest_ = std::max(latest_, now);
    if (s.next_bytes() > limits_.bytes) return passage::too_large;
    if (s.items == nullptr) {
      if (limits_.capacity != 0 && s.left > limits_.capacity) return passage::too_large;
      if (s.left > items_.places()) return passage::grow;  // not from the line: there nobody makes storage
    }
    if (senders_.empty()) {
      const passage p = advance(s, wakes);
      out.crossed = crossings_ != 0;
      if (p != passage::full) return p;
    }
    if (limits_.policy != overflow::block && s.items != nullptr) return overflowed(s, out);
    if (!may_wait()) return passage::stopped;
    senders_.add(s);
    return passage::waits;
  }

  /// Takes the next item. closed: there is none and none will come.
  template <class MayWait>
  [[nodiscard]] passage receive(receiver& r, time_point now, aftermath& out, MayWait&& may_wait) noexcept {
    wake_list wakes;
    const hold guard{lock_};
    latest_ = std::max(latest_, now);
    if (take(r.value, wakes)) {
      out.crossed = crossings_ != 0;
      return passage::done;
    }
    if (drained()) return passage::closed;
    if (!may_wait()) return passage::stopped;
    receivers_.add(r);
    if (limits_.capacity == 0) pump(wakes);  // a reservation may have waited for a receiver
    return passage::waits;
  }

  /// Up to n items that are there, into sink(T&&), which must not throw. Returns how many.
  template <class Sink>
  std::size_t take_many(std::size_t n, time_point now, aftermath& out, Sink&& sink) noexcept {
    wake_list wakes;
    const hold guard{lock_};
    latest_ = std::max(latest_, now);
    const std::size_t most = std::min(n, items_.size());
    for (std::size_t i = 0; i < most; ++i) {
      sink(std::move(items_.front()));
      forget_front();
    }
    received_ += most;
    if (most != 0) pump(wakes);
    mark_low();
    out.crossed = crossings_ != 0;
    return most;
  }

  /// Ends a wait; false: it has been decided already.
  template <class Node>
  bool withdraw(Node& n, wait_end how) noexcept {
    constexpr bool sends = std::is_same_v<Node, sender>;
    wake_list wakes;
    const hold guard{lock_};
    if (!n.in_line) return false;
    wakes.settle(sends ? senders_ : receivers_, n, how);
    if (sends) pump(wakes);  // the next one may fit where this one did not
    return true;
  }

  /// A reserved slot is used. False: the channel was aborted, the value is the caller's to discard.
  bool send_reserved(T& value, std::size_t bytes, std::size_t reserved_bytes, time_point now, aftermath& out) noexcept {
    wake_list wakes;
    const hold guard{lock_};
    latest_ = std::max(latest_, now);
    --reserved_;
    reserved_bytes_ -= reserved_bytes;
    if (state_ == state::aborted) {
      ++passed_, ++discarded_;
      return false;
    }
    put(value, bytes, wakes);
    pump(wakes);
    finish(wakes);
    out.crossed = crossings_ != 0;
    return true;
  }
  void drop_reserved(std::size_t n, std::size_t bytes) noexcept {
    wake_list wakes;
    const hold guard{lock_};
    reserved_ -= n;
    reserved_bytes_ -= bytes;
    pump(wakes);
    finish(wakes);
  }
  /// No more items come. The first close or abort decides; a later abort still discards.
  void close(std::exception_ptr error) noexcept {
    wake_list wakes;
    const hold guard{lock_};
    if (state_ != state::open) return;
    state_ = state::closed;
    error_ = std::move(error);
    wakes.settle_all(senders_, wait_end::closed);
    finish(wakes);
  }
  /// As close(), and what is buffered goes to `out`, to be discarded.
  void abort(item_ring<T>& out) noexcept {
    wake_list wakes;
    const hold guard{lock_};
    if (state_ == state::aborted) return;
    state_ = state::aborted;
    out.swap(items_);
    passed_ += out.pushed();
    discarded_ += out.size();
    bytes_ = 0;
    wakes.settle_all(senders_, wait_end::closed);
    wakes.settle_all(receivers_, wait_end::closed);
  }

  /// The oldest item, if it came before `limit`: too old.
  [[nodiscard]] bool expire(time_point limit, aftermath& out) noexcept {
    wake_list wakes;
    const hold guard{lock_};
    if (items_.empty() || items_.front_note().at >= limit) return false;
    out.discarded.emplace(std::move(items_.front()));
    forget_front();
    ++discarded_;
    pump(wakes);
    mark_low();
    return true;
  }

  /// False: some who wait would fit with more storage; make some (grow()) and come again.
  [[nodiscard]] bool resize(std::size_t capacity) noexcept {
    wake_list wakes;
    const hold guard{lock_};
    limits_.capacity = capacity;
    return pump(wakes) != passage::grow;
  }

  /// After passage::grow, without the lock.
  void grow() {
    std::size_t want = 0;
    {
      const hold guard{lock_};
      want = std::max<std::size_t>(items_.places() * 2, 32);
      if (limits_.capacity != 0) want = std::min(want, limits_.capacity);
    }
    item_ring<T> larger{want, noted_};
    const hold guard{lock_};
    if (larger.places() <= items_.places()) return;
    items_.move_to(larger);
    items_.swap(larger);
  }

  /// The next watermark event to tell; nothing while one is being told.
  [[nodiscard]] std::optional<bool> next_crossing() noexcept {
    const hold guard{lock_};
    if (telling_ || crossings_ == 0) return std::nullopt;
    telling_ = true;
    --crossings_;
    return next_is_high_ = !next_is_high_;
  }
  void told() noexcept {
    const hold guard{lock_};
    telling_ = false;
  }

  [[nodiscard]] channel_counts read() noexcept {
    const hold guard{lock_};
    channel_counts c{limits_.capacity,
                     items_.size(),
                     reserved_,
                     peak_,
                     bytes_ + reserved_bytes_,
                     senders_.size(),
                     receivers_.size(),
                     items_.pushed() + passed_,
                     received_,
                     discarded_,
                     state_ != state::open,
                     drained(),
                     std::nullopt};
    if (noted_ && !items_.empty()) c.oldest = items_.front_note().at;
    return c;
  }
  [[nodiscard]] std::exception_ptr error() noexcept {
    const hold guard{lock_};
    return error_;
  }
  // Fixed, no lock needed.
  [[nodiscard]] overflow policy() const noexcept { return limits_.policy; }
  [[nodiscard]] std::size_t byte_limit() const noexcept { return limits_.bytes; }
  [[nodiscard]] std::chrono::nanoseconds age_limit() const noexcept { return limits_.age; }

 private:
  enum class state : unsigned { open, closed, aborted };

  static std::size_t first_places(std::size_t capacity) noexcept {
    const std::size_t most = std::max<std::size_t>(65'536 / sizeof(T), 32);  // 64 KiB at once
    return capacity == 0 ? 32 : std::min(capacity, most);  // capacity 0: for slots whose receiver went away
  }

  // Everything below: under the lock.
  [[nodiscard]] bool drained() const noexcept {
    return state_ == state::aborted || (state_ == state::closed && items_.empty() && reserved_ == 0);
  }
  /// (Q5)
  void finish(wake_list& wakes) noexcept {
    if (drained()) wakes.settle_all(receivers_, wait_end::closed);
  }

  /// Room for n more, as Q1 has it. grow: there would be, with more storage.
  [[nodiscard]] passage room(std::size_t n, std::size_t bytes) const noexcept {
    const std::size_t resident = items_.size() + reserved_;
    const std::size_t most = limits_.capacity != 0 ? limits_.capacity : receivers_.size();
    if (resident >= most || n > most - resident) return passage::full;
    if (noted_) {
      if (bytes > limits_.bytes - std::min(limits_.bytes, bytes_ + reserved_bytes_)) return passage::full;
      if (limits_.policy == overflow::block && too_old()) return passage::full;
    }
    return n <= items_.places() - std::min(items_.places(), resident) ? passage::done : passage::grow;
  }
  [[nodiscard]] bool too_old() const noexcept {
    return limits_.age != limits_.age.max() && !items_.empty() && latest_ - items_.front_note().at > limits_.age;
  }

  /// An accepted item goes to the first waiting receiver, else into the buffer.
  void put(T& value, std::size_t bytes, wake_list& wakes) noexcept {
    if (!receivers_.empty()) {
      auto& r = static_cast<receiver&>(receivers_.front());
      r.value.emplace(std::move(value));
      ++passed_, ++received_;
      return wakes.settle(receivers_, r, wait_end::done);
    }
    items_.push(std::move(value), {bytes, latest_});
    bytes_ += bytes;
    peak_ = std::max(peak_, items_.size());
    if (watched_ && !above_ && items_.size() >= limits_.high) above_ = true, ++crossings_;
  }
  void mark_low() noexcept {
    if (watched_ && above_ && items_.size() <= limits_.low) above_ = false, ++crossings_;
  }
  void forget_front() noexcept {
    bytes_ -= items_.front_note().bytes;
    items_.drop_front();
  }

  /// What s can do now: done, full, or grow.
  [[nodiscard]] passage advance(sender& s, wake_list& wakes) noexcept {
    if (s.items == nullptr) {
      const passage p = room(s.left, s.bytes);
      if (p != passage::done) return p;
      reserved_ += s.left;
      reserved_bytes_ += s.bytes;
      return passage::done;
    }
    while (s.left != 0) {
      // Into a waiting receiver's hands it needs no place; at capacity 0 that receiver must not be promised to a slot.
      const bool passes = !receivers_.empty() && (limits_.capacity != 0 || receivers_.size() > reserved_);
      if (!passes) {
        const passage p = room(1, s.next_bytes());
        if (p != passage::done) return p;
      }
      put(*s.items, s.next_bytes(), wakes);
      ++s.accepted, ++s.items, --s.left;
    }
    return passage::done;
  }

  /// Serves the line of senders as far as there is room. (Q2, Q4)
  passage pump(wake_list& wakes) noexcept {
    while (!senders_.empty()) {
      auto& s = static_cast<sender&>(senders_.front());
      if (const passage p = advance(s, wakes); p != passage::done) return p;
      wakes.settle(senders_, s, wait_end::done);
    }
    return passage::done;
  }
  [[nodiscard]] bool take(std::optional<T>& into, wake_list& wakes) noexcept {
    if (!items_.empty()) {
      into.emplace(std::move(items_.front()));
      forget_front();
      ++received_;
      if (!senders_.empty()) pump(wakes);
      mark_low();
      return true;
    }
    if (limits_.capacity != 0 || senders_.empty() || !receivers_.empty()) return false;
    auto& s = static_cast<sender&>(senders_.front());  // a rendezvous: straight from the sender's hands
    if (s.items == nullptr) return false;
    into.emplace(std::move(*s.items));
    ++passed_, ++received_;
    ++s.accepted, ++s.items;
    if (--s.left == 0) wakes.settle(senders_, s, wait_end::done);
    return true;
  }

  /// No room, and s does not wait.
  [[nodiscard]] passage overflowed(sender& s, aftermath& out) noexcept {
    if (limits_.policy == overflow::fail) return passage::full;
    ++discarded_;
    // Where all places are reserved, or a reservation waits for one, there is nothing to drop but what is sent.
    if (limits_.policy == overflow::drop_newest || items_.empty() || !senders_.empty()) {
      out.discarded.emplace(std::move(*s.items));
      ++passed_;
      ++s.accepted, ++s.items, --s.left;
      return s.left == 0 ? passage::done : passage::full;
    }
    if (limits_.policy == overflow::drop_oldest) {
      out.discarded.emplace(std::move(items_.front()));
      forget_front();
    } else {
      out.discarded.emplace(std::move(items_.back()));
      bytes_ -= items_.back_note().bytes;
      items_.drop_back();
      ++passed_;
    }
    // One victim is enough unless bytes are short; then the caller discards it and comes again.
    wake_list none;  // receivers do not wait while there are items
    const passage p = advance(s, none);
    out.crossed = crossings_ != 0;
    return p;
  }

  // The first line is what every send and receive writes or needs; the second one changes only when somebody waits.
  alignas(64) Lock lock_;  ///< protects everything below
  state state_ = state::open;
  const bool noted_;
  const bool watched_;
  bool above_ = false;  ///< the high watermark was crossed, the low one not since
  std::uint64_t received_ = 0;
  item_ring<T> items_;
  std::size_t reserved_ = 0;
  wait_line senders_;
  wait_line receivers_;
  channel_limits limits_;
  std::size_t peak_ = 0;
  std::size_t bytes_ = 0;  ///< of the items
  std::size_t reserved_bytes_ = 0;
  time_point latest_ = time_point::min();  ///< the last time anybody told us
  std::uint64_t passed_ = 0;               ///< accepted and not, or not any more, in items_.pushed()
  std::uint64_t discarded_ = 0;
  std::size_t crossings_ = 0;  ///< not told yet
  bool next_is_high_ = false;  ///< the last crossing told
  bool telling_ = false;
  std::exception_ptr error_;
};

}  // namespace weir::inline v0::detail

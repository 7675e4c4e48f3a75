#include <weir/channel.hpp>

#include <array>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

namespace weir::inline v0::detail {

void trace_queue(event what, const void* queue, std::size_t n, std::size_t depth, unsigned flags,
                 const char* name) noexcept {
  const bool moves = what == event::queue_push || what == event::queue_pop;
  trace_record(what, flags, trace_id(queue), moves ? trace_pair(n, depth) : depth, {name, nullptr, 0});
}

channel_limits checked_limits(std::size_t capacity, const channel_options& o) {
  const auto require = [&o](bool good, const char* what) {
    if (!good) throw std::invalid_argument{std::string{"weir::channel '"} + o.name + "': " + what};
  };
  constexpr auto unset = std::numeric_limits<std::size_t>::max();
  const bool ages = o.age != o.age.max();
  const bool drops = o.on_full != overflow::block && o.on_full != overflow::fail;
  require(capacity != 0 || !drops, "capacity 0 buffers nothing that could be dropped");
  require(capacity != 0 || !ages, "capacity 0 buffers nothing that could age");
  require(o.bytes != 0, "bytes must be at least 1");
  require(o.age.count() > 0, "age must be positive");
  require(!ages || o.clock.has_value(), "age needs a clock");
  channel_limits limits{.capacity = capacity, .bytes = o.bytes, .age = o.age, .policy = o.on_full};
  limits.high = o.high != unset ? o.high : capacity;
  limits.low = o.low != unset ? o.low : limits.high / 2;
  require(limits.low <= limits.high, "low is above high");
  require(limits.high != limits.low || limits.high == 0, "low and high are the same");
  return limits;
}

void refuse_send(passage why, const channel_options& options) {
  const std::string who = std::string{"weir: channel '"} + options.name + "'";
  switch (why) {
    case passage::closed:
      throw channel_closed{who + " is closed"};
    case passage::full:
      throw channel_full{who + " is full"};
    case passage::too_large:
      throw std::invalid_argument{who + ": more than it can ever hold (in items, or in bytes)"};
    default:
      throw operation_cancelled{};
  }
}

void list_channel(listing& to, const channel_stats& now, overflow on_full, lever by) {
  constexpr std::array says{"waits", "fails", "drops the oldest", "drops the newest", "replaces the newest"};
  observation one;
  one.kind = observed_kind::channel;
  one.type = "channel";
  one.name = now.name;
  one.capacity = now.capacity;
  one.when_full = says.at(static_cast<std::size_t>(on_full));
  one.depth = now.length;
  one.peak = now.peak;
  one.waiting = now.waiting_senders;
  one.waiting_out = now.waiting_receivers;
  one.in = now.accepted;
  one.out = now.received;
  one.lost = now.discarded;
  one.blocked_in_ns = now.senders_blocked_ns;
  one.blocked_out_ns = now.receivers_blocked_ns;
  to.add(std::move(one), by);
}

void channel_in_use(const channel_stats& left) noexcept {
  std::fprintf(stderr,
               "weir: channel '%s' was destroyed with %zu senders and %zu receivers waiting and %zu slots out\n",
               left.name, left.waiting_senders, left.waiting_receivers, left.reserved);
  std::terminate();
}

}  // namespace weir::inline v0::detail

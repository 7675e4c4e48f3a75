#include "stats/goods.hpp"

#include <algorithm>

namespace weir_tool {

void goods::see(const moment& m) {
  switch (m.what) {
    case event::limit:
    case event::permit_wait:
    case event::permit_take:
      site_of_[m.id] = m.site;
      return see_limiter(m, limiters_[m.site]);
    case event::queue_open:
    case event::queue_push:
    case event::queue_pop:
    case event::queue_full:
    case event::queue_high:
      site_of_[m.id] = m.site;
      return see_queue(m, queues_[m.site]);
    default:
      return;
  }
}

void goods::see_queue(const moment& m, queue_row& row) {
  constexpr std::uint16_t one_was_dropped = 2;
  if (m.what == event::queue_open) {
    ++row.queues;
    row.capacity = std::max(row.capacity, m.arg);
  } else if (m.what == event::queue_push) {
    row.pushed += low(m.arg);
    row.high = std::max<std::uint64_t>(row.high, high(m.arg));
  } else if (m.what == event::queue_pop) {
    row.popped += low(m.arg);
  } else if (m.what == event::queue_high) {
    row.high = std::max(row.high, m.arg);
  } else {
    ++(m.flags == one_was_dropped ? row.dropped : row.full);
  }
}

void goods::see_limiter(const moment& m, limiter_row& row) {
  if (m.what == event::limit) {
    row.limit = m.arg;
  } else if (m.what == event::permit_wait) {
    ++row.waited;
  } else {
    ++row.taken;
    row.units += low(m.arg);
    row.high = std::max<std::uint64_t>(row.high, high(m.arg));
  }
}

std::uint32_t goods::site_of(std::uint64_t id) const {
  const auto at = site_of_.find(id);
  return at == site_of_.end() ? 0 : at->second;
}

}  // namespace weir_tool

#include "check/stocks.hpp"

#include <algorithm>

namespace weir_tool {

void stocks::see(const moment& m) {
  const auto n = static_cast<unsigned>(m.what);
  if (n >= 70 && n <= 73) limiter(m);
  if (n >= 80 && n <= 86) queue(m);
}

void stocks::figure(stock& s, const moment& m, std::uint64_t stated) {
  ++s.figures;
  if (s.balance == static_cast<std::int64_t>(stated)) s.fitted = s.figures;
  s.several_threads = s.several_threads || (s.figures > 1 && s.last.thread != m.thread);
  s.last = m;
}

void stocks::limiter(const moment& m) {
  stock& s = limiters_[m.id];
  switch (m.what) {
    case event::limit:
      s.known = s.known || s.figures == 0;
      s.limit = std::max(s.limit, m.arg);
      break;
    case event::permit_take:
      s.balance += low(m.arg);
      if (s.known && high(m.arg) > s.limit)
        to_.broken("permits", m, std::to_string(high(m.arg)) + " units are in use of " + std::to_string(s.limit));
      figure(s, m, high(m.arg));
      break;
    case event::permit_give:
      s.balance -= static_cast<std::int64_t>(m.arg);
      break;
    default:
      break;
  }
}

void stocks::queue(const moment& m) {
  using enum event;
  if (m.what == queue_open) {
    const auto old = queues_.find(m.id);
    if (old != queues_.end()) close("queues", old->second);
    stock fresh;
    fresh.limit = m.arg;
    fresh.known = true;
    queues_[m.id] = fresh;
    return;
  }
  stock& s = queues_[m.id];
  if (m.what == queue_push) {
    s.balance += low(m.arg);
    if (s.known && high(m.arg) > s.limit)
      to_.broken("queues", m, std::to_string(high(m.arg)) + " items are in a queue for " + std::to_string(s.limit));
    figure(s, m, high(m.arg));
  } else if (m.what == queue_pop) {
    s.balance -= low(m.arg);
    figure(s, m, high(m.arg));
  } else if (m.what == queue_full && m.flags == 2) {
    --s.balance;
  }
}

void stocks::close(const char* law, stock& s) {
  if (!s.known || s.figures == 0) return;
  if (s.balance < 0)
    to_.broken(law, s.last, "more came out than went in: " + std::to_string(-s.balance));
  else if (s.figures - s.fitted >= (s.several_threads ? memory : 1) || s.fitted == 0)
    to_.broken(law, s.last,
               "the balance of its events, " + std::to_string(s.balance) + " at the end, does not fit what they state");
}

void stocks::finish() {
  for (auto& [id, s] : queues_) close("queues", s);
  for (auto& [id, s] : limiters_) close("permits", s);
}

}  // namespace weir_tool

// stats/goods.hpp - queues and limiters, by name: what went through, how full they were.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>

#include "event.hpp"

namespace weir_tool {

struct queue_row {
  std::uint64_t queues = 0;  ///< opened under this name
  std::uint64_t capacity = 0;
  std::uint64_t pushed = 0;
  std::uint64_t popped = 0;
  std::uint64_t dropped = 0;
  std::uint64_t full = 0;  ///< senders that had to wait
  std::uint64_t high = 0;  ///< depth
};

struct limiter_row {
  std::uint64_t limit = 0;  ///< the last one
  std::uint64_t taken = 0;  ///< grants
  std::uint64_t units = 0;
  std::uint64_t waited = 0;  ///< requests that had to wait
  std::uint64_t high = 0;    ///< units in use
};

class goods {
 public:
  void see(const moment& m);

  [[nodiscard]] const std::map<std::uint32_t, queue_row>& queues() const noexcept { return queues_; }  ///< by site
  [[nodiscard]] const std::map<std::uint32_t, limiter_row>& limiters() const noexcept { return limiters_; }
  /// The site of a queue's or a limiter's id; 0: not known. Ids are reused: of the last one that had it.
  [[nodiscard]] std::uint32_t site_of(std::uint64_t id) const;

 private:
  void see_queue(const moment& m, queue_row& row);
  void see_limiter(const moment& m, limiter_row& row);

  std::map<std::uint32_t, queue_row> queues_;
  std::map<std::uint32_t, limiter_row> limiters_;
  std::unordered_map<std::uint64_t, std::uint32_t> site_of_;
};

}  // namespace weir_tool

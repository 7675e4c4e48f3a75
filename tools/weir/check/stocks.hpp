// check/stocks.hpp - the laws of limiters and queues: what went in and has not come out is there.
//
// An event is written beside its step, not in it, so others' steps may lie between: the balance that the events give is
// near the figure that an event states, not always equal to it. What lasts is a breach: of the last `memory` figures of
// a thing none fits the balance. Of a thing that one thread uses each figure fits.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "check/verdicts.hpp"

namespace weir_tool {

class stocks {
 public:
  explicit stocks(verdicts& to) : to_{to} {}

  void see(const moment& m);

  /// After the last event.
  void finish();

 private:
  static constexpr std::uint32_t memory = 64;
  struct stock {
    std::int64_t balance = 0;
    std::uint64_t limit = 0;    // the largest so far: units granted under it may still be in use under a smaller one
    std::uint64_t figures = 0;  // events that stated one
    std::uint64_t fitted = 0;   // the number of the last one that was right
    bool known = false;         // from its beginning
    bool several_threads = false;
    moment last;
  };

  void queue(const moment& m);
  void limiter(const moment& m);
  void figure(stock& s, const moment& m, std::uint64_t stated);
  void close(const char* law, stock& s);

  verdicts& to_;
  std::unordered_map<std::uint64_t, stock> queues_;
  std::unordered_map<std::uint64_t, stock> limiters_;
};

}  // namespace weir_tool

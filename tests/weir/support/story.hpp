// tests/weir/support/story.hpp - a short program as a trace, which keeps every law: a task with a group of one child
// that reads, holds a permit and uses a queue; a job; a worker that idles; the runtime's counters.
#pragma once

#include <string>
#include <vector>

#include "weir/support/trace_writer.hpp"

namespace support {

inline const std::vector<std::string> story_sites{"parent", "child", "job", "few", "items", "a <group>, \"quoted\""};

inline std::vector<told> story() {
  using enum event;
  constexpr std::uint64_t rt = 0x9000, T1 = 0x100, T2 = 0x200, J = 0x300, G = 0x400, O = 0x500, L = 0x600, Q = 0x700;
  constexpr std::uint32_t main = 1, worker = 2, reactor = 3, tracer = 4;
  return {tell(tracer, 1'000, counter, rt, 0, 5),
          tell(tracer, 1'001, counter, rt, 0, 6),
          tell(main, 1'010, limit, L, 2, 0, 4),
          tell(main, 1'020, queue_open, Q, 4, 0, 5),
          tell(worker, 1'090, enter, 0, rt, 1),
          tell(worker, 1'095, park, 0, rt),
          tell(main, 1'100, spawn, T1, 0, 1, 1),
          tell(main, 1'110, wake, T1),
          tell(worker, 1'150, unpark, 0, rt),
          tell(worker, 1'200, resume, T1),
          tell(worker, 1'210, group_begin, G, T1, 0, 6),
          tell(worker, 1'220, spawn, T2, T1, 1, 2),
          tell(worker, 1'221, member, T2, G),
          tell(worker, 1'222, wake, T2),
          tell(worker, 1'230, suspend, T1, G, 7, 1),
          tell(worker, 1'240, resume, T2),
          tell(worker, 1'250, suspend, T2, O, 2, 2),
          tell(worker, 1'255, park, 0, rt),
          tell(reactor, 1'260, io_submit, O, 7, 3),
          tell(reactor, 1'300, io_complete, O, 64),
          tell(reactor, 1'301, wake, T2),
          tell(reactor, 1'305, tick, 2'000, 500),
          tell(worker, 1'310, unpark, 0, rt),
          tell(worker, 1'320, resume, T2),
          tell(worker, 1'330, permit_take, L, 1 | 1ULL << 32U, 0, 4),
          tell(worker, 1'332, permit_give, L, 1, 0, 4),
          tell(worker, 1'334, permit_take, L, 1 | 1ULL << 32U, 0, 4),
          tell(worker, 1'336, permit_give, L, 1, 0, 4),
          tell(worker, 1'340, queue_push, Q, 2 | 2ULL << 32U, 0, 5),
          tell(worker, 1'341, queue_pop, Q, 1 | 1ULL << 32U, 0, 5),
          tell(worker, 1'342, queue_push, Q, 1 | 2ULL << 32U, 0, 5),
          tell(worker, 1'343, queue_pop, Q, 2, 0, 5),
          tell(worker, 1'345, queue_close, Q, 0, 1, 5),
          tell(worker, 1'400, end, T2),
          tell(worker, 1'401, group_settle, G),
          tell(worker, 1'402, wake, T1),
          tell(worker, 1'403, resume, T1),
          tell(worker, 1'404, group_end, G),
          tell(worker, 1'500, end, T1),
          tell(main, 1'510, spawn, J, 0, 4, 3),
          tell(worker, 1'520, begin, J, 0, 0, 3),
          tell(worker, 1'530, end, J),
          tell(worker, 1'600, leave, 0, rt),
          tell(main, 1'650, mark, 0, 42, 0, 1),
          tell(tracer, 1'700, counter, rt, 0, 5),
          tell(tracer, 1'701, counter, rt, 0, 6)};
}

}  // namespace support

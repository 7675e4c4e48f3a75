// peers/task_group.hpp - the payload through tbb::task_group::run, one by one from the submitting thread.
#pragma once

#include <tbb/task_group.h>

#include <cstdint>

#include "peers/payload.hpp"
#include "peers/tbb_pool.hpp"

namespace bench {

inline std::uint64_t task_group_run(tbb_pool& tbb, std::uint64_t n) {
  const totals before = ran();
  tbb.arena.execute([n] {
    tbb::task_group group;
    for (std::uint64_t i = 0; i < n; ++i) group.run(payload::make(i));
    group.wait();
  });
  return await(before, n);
}

}  // namespace bench

// peers/tbb_pool.hpp - TBB with as many worker threads as the others have, and a place for the thread that submits.
#pragma once

#include <tbb/global_control.h>
#include <tbb/task_arena.h>

namespace bench {

struct tbb_pool {
  explicit tbb_pool(unsigned workers)
      : limit{tbb::global_control::max_allowed_parallelism, workers + 1}, arena{static_cast<int>(workers) + 1, 1} {}

  tbb::global_control limit;  // counts the submitting thread
  tbb::task_arena arena;
};

}  // namespace bench

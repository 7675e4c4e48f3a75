// weir/weir.hpp - everything, for programs that do not mind.                                   [floor: roof]
#pragma once

#include <weir/context.hpp>              // IWYU pragma: export
#include <weir/error.hpp>                // IWYU pragma: export
#include <weir/executor.hpp>             // IWYU pragma: export
#include <weir/future.hpp>               // IWYU pragma: export
#include <weir/multi_future.hpp>         // IWYU pragma: export
#include <weir/offload.hpp>              // IWYU pragma: export
#include <weir/par.hpp>                  // IWYU pragma: export
#include <weir/parallel.hpp>             // IWYU pragma: export
#include <weir/promise.hpp>              // IWYU pragma: export
#include <weir/report.hpp>               // IWYU pragma: export
#include <weir/runtime.hpp>              // IWYU pragma: export
#include <weir/runtime_handle.hpp>       // IWYU pragma: export
#include <weir/shared_future.hpp>        // IWYU pragma: export
#include <weir/spawn.hpp>                // IWYU pragma: export
#include <weir/stats.hpp>                // IWYU pragma: export
#include <weir/stop.hpp>                 // IWYU pragma: export
#include <weir/strand.hpp>               // IWYU pragma: export
#include <weir/task.hpp>                 // IWYU pragma: export
#include <weir/task_group.hpp>           // IWYU pragma: export
#include <weir/this_task.hpp>            // IWYU pragma: export
#include <weir/thread_pool.hpp>          // IWYU pragma: export
#include <weir/thread_pool_options.hpp>  // IWYU pragma: export
#include <weir/timer.hpp>                // IWYU pragma: export
#include <weir/trace.hpp>                // IWYU pragma: export
#include <weir/unit.hpp>                 // IWYU pragma: export
#include <weir/version.hpp>              // IWYU pragma: export
#include <weir/when.hpp>                 // IWYU pragma: export

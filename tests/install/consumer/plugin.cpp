// A shared library with weir inside; its host loads, calls and unloads it many times.
#include "use.hpp"

#define EXPORTED extern "C" __attribute__((visibility("default")))

/// On two workers: one is a thread of TBB's, which has run the plugin's code and lives on.
EXPORTED int plugin_run() { return run_thousand_jobs(2); }

/// On one worker, which is a thread of weir's and ends with the runtime.
EXPORTED int plugin_run_alone() { return run_thousand_jobs(1); }

// A shared library with weir inside; its host loads, calls and unloads it many times.
#include "use.hpp"

extern "C" __attribute__((visibility("default"))) int plugin_run() { return run_thousand_jobs(); }

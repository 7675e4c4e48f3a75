// measure.hpp - one shape, run and measured: on the real runtime against a server, or in virtual time.
//
// The two differ in the runtime and in the partner, and in nothing else.
#pragma once

#include "options.hpp"
#include "outcome.hpp"
#include "partner_server.hpp"

namespace account_sync {

/// Ends early when SIGINT or SIGTERM comes; the outcome says so.
/// Errors  what weir::runtime and the control connection throw
[[nodiscard]] outcome measure_in_real_time(shape s, const options& o, partner_ports at);

/// On testing::manual_runtime: all times are virtual, and exact.
[[nodiscard]] outcome measure_in_virtual_time(shape s, const options& o);

}  // namespace account_sync

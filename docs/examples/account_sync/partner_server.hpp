// partner_server.hpp - the partner itself: a server on 127.0.0.1 with a desk behind it.
//
//   life:     listen --> a task per client: read a line, desk::decide, write a line    until it is taken down
//   control:  a second port; "restart 1000" ends the life (clients are hung up on, new ones refused), and
//             after a second the next one begins on the same port
//
// Thread  the reactor's, all of it: between two awaits nobody else is here.
#pragma once

#include <cstdint>
#include <functional>

#include <weir/weir.hpp>

#include "world.hpp"

namespace account_sync {

struct partner_ports {
  std::uint16_t service = 0, control = 0;
};

using open_report = std::function<void(partner_ports)>;

/// Serves until SIGTERM; says its ports when both are open. SIGINT is for who started it, and will end it.
/// Errors  std::system_error
void serve_as_partner(const world& w, const open_report& open);

}  // namespace account_sync

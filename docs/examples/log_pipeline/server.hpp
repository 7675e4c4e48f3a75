// server.hpp - newline-framed TCP: many clients, each in its own order.
//
//   client --wait_readable--> line_reader: recv into a batch --> pipeline        one task per client, on the reactor
//
// A client holds no batch, and no buffer, while it is silent: only the piece of a line that it has sent waits in its
// task (unfinished_lines.hpp bounds those of all). When all batches are on their way, its task waits for one on a
// blocking thread and reads nothing meanwhile; so a slow output slows the clients down, through TCP's own flow control.
// One that sends without pause fills one batch a turn.
#pragma once

#include <weir/task.hpp>

#include <stop_token>
#include <string>

#include "pipeline.hpp"

namespace log_pipeline {

/// Listens on HOST:PORT (says so on stderr, with the port if it was 0) and submits what clients send, until the stop.
/// A client that breaks off is reported on stderr. A piece of a line that it broke off in, or that the stop found,
/// counts as a rejected line; one that ends its stream properly has ended its last line by that.
/// Errors  std::system_error, std::invalid_argument: the address cannot be listened on
weir::task<void> serve_clients(std::string where, pipeline& to, std::stop_token stop);

}  // namespace log_pipeline

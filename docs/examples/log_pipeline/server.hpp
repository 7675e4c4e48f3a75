// server.hpp - newline-framed TCP: many clients, each in its own order.
//
//   client --read_some--> 64 KiB --line_reader--> batch --> pipeline        one task per client, on the reactor
//
// A client holds no batch while it is silent: what it has sent waits in its task, at most a line. When all batches are
// on their way, its task waits for one on a blocking thread and reads nothing meanwhile; so a slow output slows the
// clients down, through TCP's own flow control.
#pragma once

#include <weir/task.hpp>

#include <stop_token>
#include <string>

#include "pipeline.hpp"

namespace log_pipeline {

/// Listens on HOST:PORT (says so on stderr, with the port if it was 0) and submits what clients send, until the stop.
/// A client that breaks off is reported on stderr; the piece of a line it broke off in is dropped.
/// Errors  std::system_error, std::invalid_argument: the address cannot be listened on
weir::task<void> serve_clients(std::string where, pipeline& to, std::stop_token stop);

}  // namespace log_pipeline

// weir/io/resolver.hpp - names to addresses.                                                    [floor: coro]
#pragma once

#include <string>
#include <system_error>
#include <vector>

#include <weir/io/endpoint.hpp>
#include <weir/task.hpp>

namespace weir::inline v0 {

/// getaddrinfo's own errors (EAI_NONAME, EAI_AGAIN, ...).
[[nodiscard]] const std::error_category& resolver_category() noexcept;

/// The stream addresses of a host, in the system's order of preference; at least one. Runs getaddrinfo on a blocking
/// thread: a call under way is not interrupted by cancellation, one that waits in line is.
/// Errors: std::invalid_argument (NUL in host); std::system_error "resolve host: reason" (resolver_category or
/// system_category); operation_cancelled.
[[nodiscard]] task<std::vector<endpoint>> resolve(std::string host, std::uint16_t port);

}  // namespace weir::inline v0

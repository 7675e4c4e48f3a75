// allocations.hpp - how often anything in this process but our own stages calls operator new.
//
// The report shows that the runtime allocates nothing per line. allocations.cpp replaces operator new for that; code
// of the program itself says so with a scope, and is not counted.
#pragma once

#include <cstdint>

namespace log_pipeline {

inline thread_local bool in_program_code = false;

class program_code {
 public:
  program_code() noexcept { in_program_code = true; }
  program_code(const program_code&) = delete;
  ~program_code() { in_program_code = false; }
};

/// Calls of operator new outside of program_code scopes so far, on all threads. Any thread.
[[nodiscard]] std::uint64_t allocation_count() noexcept;

}  // namespace log_pipeline

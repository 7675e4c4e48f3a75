// trace/flight_file.hpp - the names of flight recorders' files, and which old ones go.         [floor: trace]
//
// weir-PID-START.wtr, START being when the process started by the kernel's count, so that a number that came round is
// told apart; its dumps are weir-PID-START.N.wtr. The file of a process that died is what one wants to read: the
// newest four of this user stay, older ones are removed when the next recorder starts.
#pragma once

#include <cstddef>
#include <string>

namespace weir::inline v0::tracing {

inline constexpr std::size_t dead_files_kept = 4;

/// WEIR_TRACE_DIR's value if not empty, else $XDG_RUNTIME_DIR, /dev/shm or /tmp, whichever is there.
[[nodiscard]] std::string flight_directory(const std::string& asked);
/// Of this process, in `directory`. A second recorder of the process has the same name: the first one's is gone.
[[nodiscard]] std::string flight_path(const std::string& directory);
/// "x.wtr" -> "x.N.wtr".
[[nodiscard]] std::string dump_path(const std::string& flight, unsigned number);
/// Removes all but the newest files of processes that are gone. What cannot be removed stays.
void remove_stale(const std::string& directory) noexcept;

}  // namespace weir::inline v0::tracing

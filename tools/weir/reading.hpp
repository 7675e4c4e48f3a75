// reading.hpp - a trace from its first to its last event, as every verb reads it.
//
//   reading r{path};                       // checks the file; failure: it cannot be read at all
//   for (moment m; r.next(m);) ...         // in time order, causes before effects; progress on a terminal
//   return r.end();                        // says on stderr what is damaged, lost or moved; clean or invalid_trace
#pragma once

#include <cstdint>
#include <string>

#include "json.hpp"
#include "merge.hpp"
#include "terminal.hpp"
#include "trace_file.hpp"

namespace weir_tool {

class reading {
 public:
  explicit reading(const std::string& path);
  reading(const reading&) = delete;
  reading& operator=(const reading&) = delete;

  [[nodiscard]] const trace_file& trace() const noexcept { return trace_; }

  /// False: that was the last one.
  bool next(moment& out);

  /// ns from the start of the recording to the first and to the last event so far; 0 when there was none.
  [[nodiscard]] std::int64_t first() const noexcept { return first_; }
  [[nodiscard]] std::int64_t last() const noexcept { return last_; }

  /// Events that are not in the file: dropped, overwritten, or of threads that had no ring.
  [[nodiscard]] std::uint64_t lost() const;
  [[nodiscard]] const fixups& moved() const noexcept { return merge_.moved(); }

  /// What recording cost the program's threads, estimated: events times what one costs, in ns.
  [[nodiscard]] double cost_ns() const;

  /// {"file": ..., "events": ..., "lost": ..., ...} as the member "trace" of an open object.
  void describe(json& to) const;

  /// After the last event. With `quiet` nothing is said: describe() has told it.
  [[nodiscard]] int end(bool quiet = false) const;

 private:
  std::string path_;
  trace_file trace_;
  merge merge_;
  progress progress_;
  std::int64_t first_ = 0;
  std::int64_t last_ = 0;
  bool any_ = false;
};

}  // namespace weir_tool

// lane.hpp - reads the events of one lane from the file, a few hundred at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "trace_file.hpp"

namespace weir_tool {

class cursor {
 public:
  cursor(const trace_file& trace, const lane& l) : trace_{&trace}, lane_{&l} {}

  struct item {
    format::event_record record;
    std::uint32_t thread = 0;
  };

  /// False: no more.
  bool next(item& out);

  /// Slots of a ring that its thread overwrote while it was read.
  [[nodiscard]] std::uint64_t overwritten() const noexcept { return overwritten_; }

 private:
  bool refill();
  void drop_overwritten(std::uint64_t first);

  const trace_file* trace_;
  const lane* lane_;
  std::size_t extent_ = 0;    // that the next refill reads from
  std::uint32_t within_ = 0;  // events of it that were read
  std::uint32_t thread_ = 0;
  std::vector<format::event_record> buffer_;
  std::size_t at_ = 0;
  std::uint64_t overwritten_ = 0;
};

}  // namespace weir_tool

// unfinished_lines.hpp - what clients have begun and not ended, in bounded memory for all of them together.
//
// One client may leave up to 1 MiB of a line unfinished; a thousand of them may not. When together they hold more than
// `limit`, the longest unfinished line is given up: it counts as rejected when its client sends more or goes, and the
// rest of it is skipped. So no client ever waits for another one, and there is nothing to deadlock. With at most 1024
// clients the longest of too many holds at least 16 KiB (capacity, of which half may be unused): a line of up to 8 KiB
// is never given up for the sake of others.
//
// Thread  the reactor, all of it: between two awaits of a client's task nobody else is here.
#pragma once

#include <cstddef>
#include <vector>

#include "batch.hpp"
#include "line_reader.hpp"

namespace log_pipeline {

class unfinished_lines {
 public:
  static constexpr std::size_t limit = std::size_t{16} << 20;

  /// A client's reader takes part as long as this lives.
  class member {
   public:
    member(unfinished_lines& all, line_reader& reader) : all_{all}, reader_{reader} {
      all_.readers_.push_back(&reader_);
    }
    member(const member&) = delete;
    member& operator=(const member&) = delete;
    ~member();

    /// reader.fill(b); then the limit holds again.
    [[nodiscard]] input::state fill(batch& b);

   private:
    unfinished_lines& all_;
    line_reader& reader_;
  };

 private:
  void keep_within_limit() noexcept;

  std::vector<line_reader*> readers_;
};

}  // namespace log_pipeline

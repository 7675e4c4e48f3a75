// line_stream.hpp - a TCP connection that carries short lines, one question and one answer at a time.
//
// The protocol of the partner, to its port:            push 17          200 | 422 | 429 MILLISECONDS
// and to the one where it can be taken down:           restart 1000     up
#pragma once

#include <optional>
#include <string>

#include <weir/weir.hpp>

namespace account_sync {

class line_stream {
 public:
  explicit line_stream(weir::tcp_stream on) noexcept : stream_{std::move(on)} {}

  /// The newline is added.   Errors  std::system_error
  [[nodiscard]] weir::task<> write(std::string line);

  /// The next line without its newline; none when the other side has ended.
  /// Errors  std::system_error; EMSGSIZE: a line is longer than any of the protocol
  [[nodiscard]] weir::task<std::optional<std::string>> read();

 private:
  weir::tcp_stream stream_;
  std::string received_;  ///< and not yet read
};

}  // namespace account_sync

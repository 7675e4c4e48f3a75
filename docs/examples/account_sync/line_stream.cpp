#include "line_stream.hpp"

#include <array>
#include <system_error>

namespace account_sync {
namespace {

constexpr std::size_t longest = 64;

}  // namespace

weir::task<> line_stream::write(std::string line) {
  line += '\n';
  co_await stream_.write_all(weir::bytes_of(line));
}

weir::task<std::optional<std::string>> line_stream::read() {
  for (;;) {
    if (const std::size_t end = received_.find('\n'); end != std::string::npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      co_return line;
    }
    if (received_.size() > longest) throw std::system_error{EMSGSIZE, std::system_category(), "read a line"};
    std::array<std::byte, longest> some;
    const std::size_t n = co_await stream_.read_some(some);
    if (n == 0) co_return std::nullopt;
    received_.append(reinterpret_cast<const char*>(some.data()), n);
  }
}

}  // namespace account_sync

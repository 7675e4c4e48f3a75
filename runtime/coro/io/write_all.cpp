#include "coro/io/write_all.hpp"

namespace weir::inline v0::detail {

task<void> write_all(operation::kind how, const char* what, descriptor_ref on, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const std::size_t n = co_await transfer_awaiter(how, what, on, const_cast<std::byte*>(bytes.data()), bytes.size());
    bytes = bytes.subspan(n);
  }
}

}  // namespace weir::inline v0::detail

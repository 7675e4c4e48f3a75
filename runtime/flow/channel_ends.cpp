#include <weir/channel_ends.hpp>

#include <string>

namespace weir::inline v0::detail {

std::exception_ptr sender_unwound(const char* channel_name) noexcept {
  try {
    return std::make_exception_ptr(
        sender_failed{std::string{"weir: channel '"} + channel_name + "': an exception destroyed a sender"});
  } catch (...) {
    return std::current_exception();
  }
}

}  // namespace weir::inline v0::detail

#include <weir/detail/outcome.hpp>
#include <weir/error.hpp>

namespace weir::inline v0::detail {

outcome outcome_of(const std::exception_ptr& error) noexcept {
  if (!error) return outcome::ok;
  try {
    std::rethrow_exception(error);
  } catch (const operation_cancelled&) {
    return outcome::cancelled;
  } catch (...) {
    return outcome::failed;
  }
}

}  // namespace weir::inline v0::detail

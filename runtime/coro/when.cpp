#include <weir/when.hpp>

#include <weir/detail/outcome.hpp>

namespace weir::inline v0 {

namespace {

std::string summary_of(const std::vector<std::exception_ptr>& errors) {
  if (errors.empty()) return "weir: when_any: there was nothing to try";
  const std::string first = expected<void>{errors.front()}.message();
  return "weir: when_any: none of " + std::to_string(errors.size()) + " succeeded, the first: " + first;
}

}  // namespace

aggregate_error::aggregate_error(std::vector<std::exception_ptr> errors)
    : error{summary_of(errors)}, errors_{std::move(errors)} {}

namespace detail {

void throw_first(when_scope::child_list children, std::size_t first, suppressed_list others) {
  for (promise_base* child : children) {
    if (child == children[first] || outcome_of(child->error) != outcome::failed) continue;
    if (others != nullptr)
      others->push_back(std::exchange(child->error, nullptr));
    else
      report_suppressed(*child);
  }
  std::rethrow_exception(std::exchange(children[first]->error, nullptr));
}

void throw_aggregate(when_scope::child_list children) {
  std::vector<std::exception_ptr> errors;
  errors.reserve(children.size());
  for (promise_base* child : children) errors.push_back(std::exchange(child->error, nullptr));
  throw aggregate_error{std::move(errors)};
}

void throw_cut_short(when_scope::child_list children) {
  for (const promise_base* child : children)
    if (outcome_of(child->error) == outcome::failed) report_suppressed(*child);
  throw operation_cancelled{};
}

}  // namespace detail
}  // namespace weir::inline v0

// weir/detail/branch.hpp - work of a fork that other workers may take, as the workers see it.     [floor: cpu]
#pragma once

#include <weir/detail/job.hpp>

namespace weir::inline v0::detail {

struct branch;

/// What kind of fork it is. run: what a thief does with a branch it took; the branch may be gone afterwards.
struct branch_type {
  void (*run)(branch&, action) noexcept;
};

struct branch {
  explicit branch(const branch_type& t) noexcept : type{&t} {}
  const branch_type* type;
};

}  // namespace weir::inline v0::detail

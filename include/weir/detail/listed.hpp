// weir/detail/listed.hpp - how a thing lists itself: observe() and set_bound() visit what is listed.  [floor: job]
//
//   channel, limiter, pool, running pipeline --listed--> one of 16 lists --visit(thing, listing)--> add(...)
//
// Invariants  L1  a thing is visited only between its listed's constructor and destructor, under its list's lock
//             L2  visit and levers may take the thing's own locks, and run no code of the user's; no thing is listed or
//                 unlisted under a lock that they take
// A `listed` is the last member of its thing: listed when all else is there, gone before anything else goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <weir/observe.hpp>

namespace weir::inline v0::detail {

/// Sets a bound of `what`.
struct lever {
  void* what = nullptr;
  void (*set)(void* what, std::size_t bound) = nullptr;
};

/// Who looks.
class listing {
 public:
  /// Called once for each thing. For a pipeline once for each stage, from the source on: position counts them.
  void add(observation&& one, lever by = {}) {
    one.id = id_;
    one.position = position_++;
    take(std::move(one), by);
  }

 protected:
  ~listing() = default;

 private:
  friend class listed;
  virtual void take(observation&& one, lever by) = 0;

  std::uint64_t id_ = 0;
  std::size_t position_ = 0;
};

class listed {
 public:
  using visit_fn = void (*)(void* what, listing& to);

  /// visit null: it is not listed.
  listed(void* what, visit_fn visit) noexcept;
  listed(const listed&) = delete;
  listed& operator=(const listed&) = delete;
  ~listed();

  static void visit_all(listing& by);

 private:
  struct list;
  static list& list_of(const void* what) noexcept;

  void* const what_;
  const visit_fn visit_;
  const std::uint64_t id_;
  listed *before_ = nullptr, *after_ = nullptr;
};

}  // namespace weir::inline v0::detail

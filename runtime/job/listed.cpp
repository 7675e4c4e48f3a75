#include <weir/detail/listed.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <stdexcept>
#include <tuple>

namespace weir::inline v0 {

namespace detail {

struct listed::list {
  std::mutex mutex;
  listed* first = nullptr;
};

namespace {

constexpr std::size_t lists = 16;

constinit std::atomic<std::uint64_t> ids{0};  // names: orders nothing

}  // namespace

listed::list& listed::list_of(const void* what) noexcept {
  static constinit std::array<list, lists> all{};
  return all[what == nullptr ? 0 : (reinterpret_cast<std::uintptr_t>(what) >> 6) % lists];
}

listed::listed(void* what, visit_fn visit) noexcept
    : what_{what}, visit_{visit}, id_{visit != nullptr ? ids.fetch_add(1, std::memory_order_relaxed) + 1 : 0} {
  if (visit_ == nullptr) return;
  list& in = list_of(what_);
  const std::scoped_lock guard{in.mutex};
  after_ = in.first;
  if (after_ != nullptr) after_->before_ = this;
  in.first = this;
}

listed::~listed() {
  if (visit_ == nullptr) return;
  list& in = list_of(what_);
  const std::scoped_lock guard{in.mutex};
  (before_ != nullptr ? before_->after_ : in.first) = after_;
  if (after_ != nullptr) after_->before_ = before_;
}

void listed::visit_all(listing& by) {
  for (std::uintptr_t i = 0; i < lists; ++i) {
    list& in = list_of(reinterpret_cast<const void*>(i << 6));
    const std::scoped_lock guard{in.mutex};
    for (const listed* at = in.first; at != nullptr; at = at->after_) {
      by.id_ = at->id_;
      by.position_ = 0;
      at->visit_(at->what_, by);
    }
  }
}

}  // namespace detail

namespace {

class collecting final : public detail::listing {
 public:
  std::vector<observation> all;

 private:
  void take(observation&& one, detail::lever) override { all.push_back(std::move(one)); }
};

class setting final : public detail::listing {
 public:
  setting(std::string_view name, std::size_t bound) noexcept : name_{name}, bound_{bound} {}
  std::size_t found = 0;

 private:
  void take(observation&& one, detail::lever by) override {
    if (by.set == nullptr || one.name != name_) return;
    by.set(by.what, bound_);
    ++found;
  }

  const std::string_view name_;
  const std::size_t bound_;
};

auto place_of(const observation& o) noexcept { return std::tuple{o.id, o.position}; }

}  // namespace

std::vector<observation> observe() {
  collecting by;
  detail::listed::visit_all(by);
  std::ranges::sort(by.all, {}, place_of);
  return std::move(by.all);
}

std::size_t set_bound(std::string_view name, std::size_t bound) {
  if (bound == 0) throw std::invalid_argument{"weir::set_bound: bound must be at least 1"};
  setting by{name, bound};
  detail::listed::visit_all(by);
  return by.found;
}

const observation* snapshot::find(std::uint64_t id, std::size_t position) const noexcept {
  const auto found = std::ranges::lower_bound(things, std::tuple{id, position}, {}, place_of);
  return found != things.end() && place_of(*found) == std::tuple{id, position} ? &*found : nullptr;
}

std::optional<std::chrono::nanoseconds> time_to_full(const observation& before, const observation& now,
                                                     std::chrono::nanoseconds apart) noexcept {
  const auto growth = static_cast<double>(now.in - before.in) - static_cast<double>(now.out - before.out) -
                      static_cast<double>(now.lost - before.lost);
  if (growth <= 0 || now.capacity == 0 || apart.count() <= 0) return std::nullopt;
  const double room = now.depth >= now.capacity ? 0 : static_cast<double>(now.capacity - now.depth);
  const double left = room / growth * static_cast<double>(apart.count());
  constexpr double most = 9e18;
  return std::chrono::nanoseconds{static_cast<std::int64_t>(left < most ? left : most)};
}

}  // namespace weir::inline v0

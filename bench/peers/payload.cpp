#include "peers/payload.hpp"

#include <chrono>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace bench {
namespace {

class cells {
 public:
  static cells& all() {
    static auto* const never_destroyed = new cells;
    return *never_destroyed;
  }

  cell* lease() {
    const std::lock_guard lock{mutex_};
    if (free_.empty()) {
      made_.push_back(std::make_unique<cell>());
      return made_.back().get();
    }
    cell* const c = free_.back();
    free_.pop_back();
    return c;
  }

  void give_back(cell* c) {
    const std::lock_guard lock{mutex_};
    free_.push_back(c);
  }

  totals sum() {
    const std::lock_guard lock{mutex_};
    totals t;
    for (const auto& c : made_) {
      t.items += c->items.load(std::memory_order_acquire);  // from add(): the sum of these items
      t.sum += c->sum.load(std::memory_order_relaxed);
    }
    return t;
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<cell>> made_;
  std::vector<cell*> free_;
};

struct lease {
  cell* mine = cells::all().lease();
  lease() = default;
  lease(const lease&) = delete;
  lease& operator=(const lease&) = delete;
  ~lease() { cells::all().give_back(mine); }
};

constinit thread_local cell* current = nullptr;

}  // namespace

cell& my_cell() {
  if (current == nullptr) [[unlikely]] {
    static thread_local const lease held;
    current = held.mine;
  }
  return *current;
}

totals ran() noexcept { return cells::all().sum(); }

std::uint64_t await(const totals& before, std::uint64_t n) {
  for (;;) {
    const totals now = ran();
    if (now.items - before.items == n) return ran().sum - before.sum;
    std::this_thread::sleep_for(std::chrono::microseconds{50});
  }
}

std::uint64_t payload::expected(std::uint64_t n) {
  static const std::vector<std::uint64_t> prefix = [] {
    std::vector<std::uint64_t> sums{0};
    for (std::uint64_t i = 0; i < period; ++i) sums.push_back(sums.back() + make(i).hash());
    return sums;
  }();
  return n / period * prefix[period] + prefix[n % period];
}

}  // namespace bench

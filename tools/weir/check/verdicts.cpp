#include "check/verdicts.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace weir_tool {

verdicts::verdicts()
    : laws_{
          {"lives", "a task or job begins once and ends once; what it does in between alternates", {}},
          {"wakes", "a task is woken once for each resumption, before it", {}},
          {"slices", "the slices of a thread nest, and each that begins ends or is open at the end", {}},
          {"workers", "a worker runs, looks for work, is idle or is out: one at a time, which add up to the wall", {}},
          {"groups", "a group ends once, after its beginning", {}},
          {"operations", "an I/O operation completes once, after its submission", {}},
          {"permits", "units in use are never below none and never above the limit", {}},
          {"queues", "items pushed less items popped less items dropped are the depth", {}},
          {"counters", "the runtimes' own counters agree with the events", {}}} {}

std::size_t verdicts::index(std::string_view name) const {
  const auto found = std::ranges::find(laws_, name, &law::name);
  return static_cast<std::size_t>(found - laws_.begin());
}

void verdicts::broken(std::string_view name, const moment& m, std::string what) {
  law& l = laws_.at(index(name));
  if (!l.not_checked.empty()) return;
  constexpr std::size_t most = 100;
  ++l.breaches;
  if (breaches_.size() < most) breaches_.push_back({l.name, m.at, m.thread, m.id, std::move(what)});
}

void verdicts::not_checked(std::string_view name, const std::string& why) {
  law& l = laws_.at(index(name));
  if (l.not_checked.empty()) l.not_checked = why;
}

bool verdicts::looks_at(std::string_view name) const { return laws_.at(index(name)).not_checked.empty(); }

std::uint64_t verdicts::count() const {
  std::uint64_t sum = 0;
  for (const law& l : laws_) sum += l.breaches;
  return sum;
}

}  // namespace weir_tool

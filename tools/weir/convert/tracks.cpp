#include "convert/tracks.hpp"

namespace weir_tool {

track_id tracks::of_thread(std::uint32_t thread, const std::string& name, std::uint32_t tid) {
  const auto [at, fresh] = threads_.try_emplace(thread, last_ + 1);
  if (fresh) to_.track(++last_, track_kind::thread, name, tid);
  return at->second;
}

track_id tracks::take(const std::string& name) {
  std::vector<track_id>& free = free_[name];
  if (free.empty()) {
    to_.track(++last_, track_kind::async, name, 0);
    return last_;
  }
  const track_id t = free.back();
  free.pop_back();
  return t;
}

track_id tracks::of_counter(const std::string& name, std::uint64_t about) {
  const auto [at, fresh] = counters_.try_emplace({name, about}, last_ + 1);
  if (fresh) to_.track(++last_, track_kind::counter, name, 0);
  return at->second;
}

}  // namespace weir_tool

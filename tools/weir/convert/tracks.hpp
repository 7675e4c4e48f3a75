// convert/tracks.hpp - tracks for what overlaps: each thing that lives has one to itself, and the next one gets it
// again.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "convert/sink.hpp"

namespace weir_tool {

class tracks {
 public:
  explicit tracks(sink& to) : to_{to} {}

  /// The thread's.
  track_id of_thread(std::uint32_t thread, const std::string& name, std::uint32_t tid);

  /// A free one of that name.
  track_id take(const std::string& name);
  void give_back(const std::string& name, track_id t) { free_[name].push_back(t); }

  /// The counter's of that name, about that thing.
  track_id of_counter(const std::string& name, std::uint64_t about);

 private:
  sink& to_;
  track_id last_ = 0;
  std::unordered_map<std::uint32_t, track_id> threads_;
  std::unordered_map<std::string, std::vector<track_id>> free_;
  std::map<std::pair<std::string, std::uint64_t>, track_id> counters_;
};

}  // namespace weir_tool

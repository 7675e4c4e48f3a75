// doctor/cast.hpp - who is alive and who runs, for all rules: they see each event with the state before it.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "event.hpp"

namespace weir_tool {

struct actor {
  std::uint64_t id = 0;
  std::uint64_t parent = 0;  ///< who started it; 0: outside
  std::uint64_t group = 0;   ///< the one it is a member of
  std::uint32_t site = 0;    ///< where it was started
  bool begun = false;
  bool running = false;
  std::int64_t spawned = 0;
  std::int64_t since = 0;  ///< it has been running, or not
  std::int64_t run = 0;    ///< before that
  [[nodiscard]] std::int64_t ran_until(std::int64_t at) const noexcept { return run + (running ? at - since : 0); }
};

class cast {
 public:
  /// After the rules have seen it.
  void see(const moment& m);

  /// Null: it began before the recording, or never.
  [[nodiscard]] const actor* find(std::uint64_t id) const;

 private:
  void starts(const moment& m);
  void stops(const moment& m);

  std::unordered_map<std::uint64_t, actor> alive_;
};

}  // namespace weir_tool

// check/verdicts.hpp - which laws were looked at, how often each was broken, and where.
//
// A law is named by a word. What the trace cannot decide (events are lost, a category was not recorded) is not looked
// at, and that is said.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "event.hpp"

namespace weir_tool {

struct breach {
  std::string_view law;
  std::int64_t at = 0;
  std::uint32_t thread = 0;
  std::uint64_t id = 0;
  std::string what;
};

struct law {
  std::string_view name;
  std::string_view text;
  std::string not_checked;  ///< why not; empty: it was
  std::uint64_t breaches = 0;
};

class verdicts {
 public:
  verdicts();

  /// Where m is against the law.
  void broken(std::string_view law, const moment& m, std::string what);
  void not_checked(std::string_view law, const std::string& why);
  [[nodiscard]] bool looks_at(std::string_view law) const;

  [[nodiscard]] const std::vector<law>& laws() const noexcept { return laws_; }
  [[nodiscard]] const std::vector<breach>& breaches() const noexcept { return breaches_; }  ///< the first 100
  [[nodiscard]] std::uint64_t count() const;

 private:
  [[nodiscard]] std::size_t index(std::string_view law) const;
  std::vector<law> laws_;
  std::vector<breach> breaches_;
};

}  // namespace weir_tool

// trace/summary.hpp - WEIR_TRACE=summary: a page on stderr at the end of the recording.        [floor: trace]
//
// Per place: how often it ran and for how long; per place and cause: how long tasks waited; the reactor's lag; what is
// missing and what the recording itself cost. Tasks that are alive are followed, up to a million of them; what ran or
// waited across the end of the recording counts until then.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "trace/event_sink.hpp"

namespace weir::inline v0::tracing {

class summary final : public event_sink {
 public:
  explicit summary(const file_header& about) noexcept : about_{about} {}

  void take(const thread_entry& from, std::span<const event_record> events) override;
  void round_ended(std::uint64_t homeless) override;
  void finish(std::uint64_t homeless) override;

  /// What finish() prints.
  [[nodiscard]] std::string text(const sync_point& end, std::uint64_t homeless) const;

 private:
  struct total {
    std::uint64_t count = 0;
    std::uint64_t ticks = 0;
    std::uint64_t longest = 0;
    void add(std::uint64_t t) noexcept;
  };
  struct follow {
    std::uint32_t site = 0;
    std::uint32_t wait_site = 0;
    std::uint16_t cause = 0;
    bool waits = false;
    std::uint64_t since = 0;
  };
  struct running {
    std::uint64_t id;
    std::uint32_t site;
    std::uint64_t since;
  };
  struct heard {
    std::size_t order;
    std::uint32_t thread;
    event_record event;
  };

  void hear(std::uint32_t thread, const event_record& e);
  void open(std::vector<running>& stack, const event_record& e, std::uint32_t site);
  void close(std::vector<running>& stack, const event_record& e);
  void wait_ends(follow& task, std::uint64_t at);
  [[nodiscard]] follow* find(std::uint64_t id);

  file_header about_;
  std::vector<heard> round_;
  std::vector<std::vector<running>> threads_;
  std::unordered_map<std::uint64_t, follow> tasks_;
  std::unordered_map<std::uint32_t, total> runs_;
  std::unordered_map<std::uint64_t, total> waits_;  // site, and the cause in the upper half
  std::vector<std::uint32_t> lags_;                 // in us, of ticks that were late
  std::uint64_t events_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t ticks_seen_ = 0;
  std::uint64_t spawned_ = 0;
  std::uint64_t ended_ = 0;
};

}  // namespace weir::inline v0::tracing

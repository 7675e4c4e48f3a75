// trace/stream_file.hpp - appends generations to a .wtr file.                                 [floor: trace]
//
// A generation ends after a second or 4 MiB of events. Each describes the sites and threads that its events name,
// before them, so that it can be read alone.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "trace/event_sink.hpp"

namespace weir::inline v0::tracing {

class stream_file final : public event_sink {
 public:
  /// Creates or truncates the file (0600 when new). Errors: std::system_error that names it.
  stream_file(std::string path, const file_header& about);
  ~stream_file() override;

  void take(const thread_entry& from, std::span<const event_record> events) override;
  void round_ended(std::uint64_t homeless) override;
  void finish(std::uint64_t homeless) override;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  void begin_generation();
  void end_generation(std::uint64_t homeless);
  void describe(const thread_entry& from, std::span<const event_record> events);
  void block(block_kind kind, const void* payload, std::size_t bytes, std::uint32_t thread = 0);
  void append(const void* data, std::size_t bytes);
  void flush();

  const std::string path_;
  const std::uint32_t mask_, sample_;
  int fd_;
  std::vector<std::byte> buffer_;

  bool open_ = false;  // a generation is
  std::uint64_t generation_ = 0;
  sync_point begun_;
  generation_end counted_;
  file_totals totals_;
  std::uint64_t homeless_ = 0;
  std::bitset<site_slots> sites_;  // described in this generation
  struct description {
    std::uint64_t generation = 0;
    std::array<char, 16> name{};
  };
  std::vector<description> threads_;  // the last one of each
  std::vector<std::byte> entries_;
};

}  // namespace weir::inline v0::tracing

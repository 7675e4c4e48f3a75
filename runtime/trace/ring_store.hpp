// trace/ring_store.hpp - where the rings of one recording are: a flight recorder's file, or memory. [floor: trace]
//
// A ring is made by a thread's first event, after its memory was allocated: in a file by posix_fallocate, so that no
// event meets a full disk (SIGBUS). The first 16 rings have the full size, the next 16 half of it, then 32 a quarter,
// 64 an eighth, all others a sixteenth: a thousand threads need less than 100 MiB, and few threads lose nothing.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "trace/format.hpp"
#include "trace/ring.hpp"

namespace weir::inline v0::tracing {

class ring_store {
 public:
  static constexpr std::size_t default_ring_bytes = std::size_t{1} << 20U;

  /// In memory, for a thread that drains them: full rings drop.
  explicit ring_store(std::size_t ring_bytes) noexcept;
  /// In a new file (0600), whose rings overwrite. Errors: std::system_error that names it.
  ring_store(std::string path, const file_header& about, std::size_t ring_bytes);
  ring_store(const ring_store&) = delete;
  ring_store& operator=(const ring_store&) = delete;
  /// Nobody writes any more.
  ~ring_store();

  /// A ring for a thread. Null: there are ring_slots of them. Errors: std::system_error, std::bad_alloc.
  ring* make();

  template <class F>
  void for_each(F&& f) {
    const std::lock_guard lock{mutex_};
    for (const auto& r : rings_) f(*r);
  }

  // What a flight recorder's file tells beside the rings; nothing for memory.
  void add_sync(const sync_point& now) noexcept;
  void set_homeless(std::uint64_t n) noexcept;
  /// Stopped in order: the file goes.
  void discard() noexcept;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  struct counts;  // the file's rings_header

  [[nodiscard]] std::byte* map(std::size_t offset, std::size_t bytes);
  [[nodiscard]] std::uint64_t next_capacity() const noexcept;
  [[noreturn]] void fail(const char* what, int error) const;

  const std::string path_;
  const std::size_t ring_bytes_;
  int fd_ = -1;
  std::byte* tables_ = nullptr;  // the file's part before the first ring
  counts* counts_ = nullptr;
  std::mutex mutex_;  // guards what follows; never taken by an event but a thread's first
  std::size_t end_ = first_ring_offset;
  std::vector<std::unique_ptr<ring>> rings_;
  std::vector<std::pair<std::byte*, std::size_t>> mapped_;
};

}  // namespace weir::inline v0::tracing

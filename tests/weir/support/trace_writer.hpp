// tests/weir/support/trace_writer.hpp - traces by hand: files of events that a test has thought of. A tick is a
// nanosecond.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "trace/crc32.hpp"
#include "trace/format.hpp"

namespace support {

namespace format = weir::tracing;
using weir::detail::event;

struct told {
  std::uint32_t thread = 0;
  format::event_record what;
};

/// One event; the times of a thread must not fall.
inline told tell(std::uint32_t thread, std::uint64_t at, event what, std::uint64_t id = 0, std::uint64_t arg = 0,
                 unsigned flags = 0, std::uint32_t site = 0) {
  return {thread, {at, static_cast<std::uint16_t>(what), static_cast<std::uint16_t>(flags), site, id, arg}};
}

template <class T>
std::string_view bytes_of(const T& object) {
  return {reinterpret_cast<const char*>(&object), sizeof object};
}

/// A file that only this process sees.
class memory_file {
 public:
  explicit memory_file(std::string_view bytes) : fd_{::memfd_create("trace", MFD_CLOEXEC)} {
    REQUIRE(fd_ >= 0);
    put(0, bytes);
  }
  memory_file(const memory_file&) = delete;
  memory_file& operator=(const memory_file&) = delete;
  ~memory_file() { ::close(fd_); }

  void put(std::size_t at, std::string_view bytes) const {
    REQUIRE(::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at)) == static_cast<ssize_t>(bytes.size()));
  }
  void cut(std::size_t size) const { REQUIRE(::ftruncate(fd_, static_cast<off_t>(size)) == 0); }
  [[nodiscard]] std::string path() const {
    return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(fd_);
  }

 private:
  int fd_;
};

class trace_writer {
 public:
  explicit trace_writer(std::uint32_t mask = 7) {
    format::file_header h;
    h.mask = mask;
    h.pid = 4711;
    h.clock = format::clock_kind::monotonic;
    h.event_cost_ps = 10'000;
    std::memcpy(h.program.data(), "by_hand", 7);
    h.crc = format::crc32(&h, offsetof(format::file_header, crc));
    bytes += bytes_of(h);
  }

  /// A whole generation: sites are numbered from 1.
  trace_writer& generation(const std::vector<told>& events, const std::vector<std::string>& sites = {}) {
    ++number_;
    block(format::block_kind::begin, bytes_of(format::generation_begin{}));
    add_sites(sites);
    std::map<std::uint32_t, std::string> of_thread;
    std::uint64_t lost = 0;
    for (const told& t : events) {
      of_thread[t.thread] += bytes_of(t.what);
      if (t.what.what == 1) lost += t.what.arg;
    }
    std::string threads;
    for (const auto& [thread, all] : of_thread) {
      format::thread_entry e;
      e.thread = thread;
      e.tid = 100 + thread;
      const std::string name = "thread-" + std::to_string(thread);
      std::memcpy(e.name.data(), name.data(), name.size());
      threads += bytes_of(e);
    }
    block(format::block_kind::threads, threads);
    for (const auto& [thread, all] : of_thread) block(format::block_kind::events, all, thread);
    format::generation_end e;
    e.events = events.size();
    e.lost = lost;
    block(format::block_kind::end, bytes_of(e));
    total_.events += e.events;
    total_.lost += lost;
    return *this;
  }

  trace_writer& finish() {
    total_.generations = number_;
    block(format::block_kind::file_end, bytes_of(total_));
    return *this;
  }

  void block(format::block_kind kind, std::string_view payload, std::uint32_t thread = 0) {
    format::block_header h;
    h.kind = kind;
    h.bytes = static_cast<std::uint32_t>(payload.size());
    h.crc = format::crc32(payload.data(), payload.size());
    h.generation = number_;
    h.thread = thread;
    h.header_crc = format::crc32(&h, offsetof(format::block_header, header_crc));
    starts.push_back(bytes.size());
    bytes += bytes_of(h);
    bytes += payload;
  }

  std::string bytes;
  std::vector<std::size_t> starts;  ///< of the blocks

 private:
  void add_sites(const std::vector<std::string>& sites) {
    std::string payload;
    for (std::uint32_t i = 0; i < sites.size(); ++i) {
      format::site_entry e;
      e.site = i + 1;
      e.line = 10 * (i + 1);
      e.name_bytes = static_cast<std::uint16_t>(sites[i].size());
      e.file_bytes = 5;
      payload += bytes_of(e);
      payload += sites[i] + "a.cpp";
      payload.resize((payload.size() + 7) / 8 * 8, '\0');
    }
    if (!payload.empty()) block(format::block_kind::sites, payload);
  }

  std::uint64_t number_ = 0;
  format::file_totals total_;
};

/// A whole file of one generation.
inline std::string trace_of(const std::vector<told>& events, const std::vector<std::string>& sites = {}) {
  return trace_writer{}.generation(events, sites).finish().bytes;
}

}  // namespace support

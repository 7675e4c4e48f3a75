#include "trace/stream_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "trace/clock.hpp"
#include "trace/crc32.hpp"
#include "trace/no_signal.hpp"
#include "trace/sites.hpp"

namespace weir::inline v0::tracing {
namespace {

constexpr std::size_t buffer_limit = std::size_t{1} << 18U;
constexpr std::uint64_t most_events = (std::size_t{4} << 20U) / sizeof(event_record);
constexpr std::uint64_t most_ns = 1'000'000'000;

[[noreturn]] void fail(const char* operation, const std::string& path) {
  throw std::system_error{errno, std::generic_category(),
                          std::string{"weir: cannot "} + operation + " trace file \"" + path + '"'};
}

}  // namespace

stream_file::stream_file(std::string path, const file_header& about)
    : path_{std::move(path)},
      mask_{about.mask},
      sample_{about.sample},
      fd_{::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)} {
  if (fd_ < 0) fail("open", path_);
  append(&about, sizeof about);
}

stream_file::~stream_file() {
  if (fd_ >= 0) ::close(fd_);
}

void stream_file::take(const thread_entry& from, std::span<const event_record> events) {
  if (threads_.size() <= from.thread) threads_.resize(from.thread + std::size_t{1});
  const description& last = threads_[from.thread];
  if (events.empty() && last.generation != 0 && last.name != from.name) {
    if (!open_) begin_generation();
    describe(from, events);
  }
  while (!events.empty()) {
    if (open_ && counted_.events >= most_events) end_generation(homeless_);
    if (!open_) begin_generation();
    const auto part = events.first(std::min<std::size_t>(events.size(), most_events - counted_.events));
    describe(from, part);
    block(block_kind::events, part.data(), part.size_bytes(), from.thread);
    counted_.events += part.size();
    for (const event_record& e : part)
      if (e.what == static_cast<std::uint16_t>(detail::event::lost)) counted_.lost += e.arg;
    events = events.subspan(part.size());
  }
}

void stream_file::round_ended(std::uint64_t homeless) {
  if (open_ && monotonic_ns() - begun_.monotonic >= most_ns) end_generation(homeless);
  flush();
}

void stream_file::finish(std::uint64_t homeless) {
  if (!open_) begin_generation();
  end_generation(homeless);
  block(block_kind::file_end, &totals_, sizeof totals_);
  flush();
  const int fd = std::exchange(fd_, -1);
  if (::close(fd) != 0 && errno != EINTR) fail("close", path_);
}

void stream_file::begin_generation() {
  ++generation_;
  begun_ = sync_clocks();
  counted_ = {};
  sites_.reset();
  open_ = true;
  generation_begin begin;
  begin.sync = begun_;
  begin.mask = mask_;
  begin.sample = sample_;
  block(block_kind::begin, &begin, sizeof begin);
}

void stream_file::end_generation(std::uint64_t homeless) {
  counted_.sync = sync_clocks();
  counted_.homeless = homeless - std::exchange(homeless_, homeless);
  block(block_kind::end, &counted_, sizeof counted_);
  open_ = false;
  totals_.generations = generation_;
  totals_.events += counted_.events;
  totals_.lost += counted_.lost;
  totals_.homeless += counted_.homeless;
}

void stream_file::describe(const thread_entry& from, std::span<const event_record> events) {
  description& last = threads_[from.thread];
  if (last.generation != generation_ || last.name != from.name) {
    last = {generation_, from.name};
    block(block_kind::threads, &from, sizeof from);
  }

  entries_.clear();
  for (const event_record& e : events) {
    if (e.site == site_table::none || e.site >= site_slots || sites_[e.site]) continue;
    sites_[e.site] = true;
    const site_slot& s = the_sites[e.site];
    const site_entry entry{e.site, s.line, s.kind, s.name_bytes, s.file_bytes, 0};
    const auto* const head = reinterpret_cast<const std::byte*>(&entry);
    const auto* const text = reinterpret_cast<const std::byte*>(s.text.data());
    entries_.insert(entries_.end(), head, head + sizeof entry);
    entries_.insert(entries_.end(), text, text + s.name_bytes + s.file_bytes);
    entries_.resize((entries_.size() + 7) & ~std::size_t{7});
  }
  if (!entries_.empty()) block(block_kind::sites, entries_.data(), entries_.size());
}

void stream_file::block(block_kind kind, const void* payload, std::size_t bytes, std::uint32_t thread) {
  block_header h;
  h.kind = kind;
  h.bytes = static_cast<std::uint32_t>(bytes);
  h.crc = crc32(payload, bytes);
  h.generation = generation_;
  h.thread = thread;
  h.header_crc = crc32(&h, offsetof(block_header, header_crc));
  append(&h, sizeof h);
  append(payload, bytes);
}

void stream_file::append(const void* data, std::size_t bytes) {
  const auto* const at = static_cast<const std::byte*>(data);
  buffer_.insert(buffer_.end(), at, at + bytes);
  if (buffer_.size() >= buffer_limit) flush();
}

void stream_file::flush() {
  const no_size_signal quiet;
  std::span<const std::byte> rest = buffer_;
  while (!rest.empty()) {
    const ssize_t written = ::write(fd_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write", path_);
    rest = rest.subspan(static_cast<std::size_t>(written));
  }
  buffer_.clear();
}

}  // namespace weir::inline v0::tracing

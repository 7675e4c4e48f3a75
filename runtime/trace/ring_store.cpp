#include "trace/ring_store.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <new>
#include <system_error>
#include <utility>

#include "trace/no_signal.hpp"
#include "trace/sites.hpp"

namespace weir::inline v0::tracing {

struct ring_store::counts {
  std::atomic<std::uint32_t> sites, rings;
  std::atomic<std::uint64_t> syncs, homeless, stopped;
};

ring_store::ring_store(std::size_t ring_bytes) noexcept : ring_bytes_{ring_bytes} {}

ring_store::ring_store(std::string path, const file_header& about, std::size_t ring_bytes)
    : path_{std::move(path)},
      ring_bytes_{ring_bytes},
      fd_{::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)} {
  if (fd_ < 0) fail("create", errno);
  try {
    tables_ = map(0, first_ring_offset);
  } catch (...) {
    discard();
    ::close(fd_);
    throw;
  }
  std::memcpy(tables_, &about, sizeof about);
  static_assert(sizeof(counts) <= sizeof(rings_header));
  counts_ = new (tables_ + sizeof about) counts{};
  add_sync(about.start);
  the_sites.mirror_to(reinterpret_cast<site_slot*>(tables_ + sites_offset), &counts_->sites);
}

ring_store::~ring_store() {
  if (counts_ != nullptr) {
    the_sites.mirror_to(nullptr, nullptr);
    counts_->stopped.store(1, std::memory_order_relaxed);
  }
  for (const auto& [at, bytes] : mapped_) ::munmap(at, bytes);
  if (fd_ >= 0) ::close(fd_);
}

void ring_store::fail(const char* what, int error) const {
  throw std::system_error{error, std::generic_category(),
                          std::string{"weir: cannot "} + what + " trace file \"" + path_ + '"'};
}

// Zeroed and present, so that no event waits for a page.
std::byte* ring_store::map(std::size_t offset, std::size_t bytes) {
  if (fd_ >= 0) {
    const no_size_signal quiet;
    if (const int error = ::posix_fallocate(fd_, static_cast<off_t>(offset), static_cast<off_t>(bytes)); error != 0)
      fail("allocate", error);
  }
  mapped_.reserve(mapped_.size() + 1);
  const int flags = MAP_POPULATE | (fd_ >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS);
  void* const at =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, fd_, fd_ >= 0 ? static_cast<off_t>(offset) : 0);
  if (at == MAP_FAILED) {
    if (fd_ >= 0) fail("map", errno);
    throw std::bad_alloc{};
  }
  mapped_.emplace_back(static_cast<std::byte*>(at), bytes);
  return static_cast<std::byte*>(at);
}

std::uint64_t ring_store::next_capacity() const noexcept {
  const std::size_t n = rings_.size();
  const unsigned smaller = n < 16 ? 0 : std::min(static_cast<unsigned>(std::bit_width(n)) - 4U, 4U);
  return std::max<std::uint64_t>(std::bit_floor(ring_bytes_ >> smaller) / sizeof(event_record), 128);
}

ring* ring_store::make() {
  const std::lock_guard lock{mutex_};
  const std::size_t n = rings_.size();
  if (n == ring_slots) return nullptr;
  rings_.reserve(n + 1);
  const std::uint64_t capacity = next_capacity();
  const std::size_t bytes = ring::bytes_for(capacity);
  std::byte* const at = map(end_, bytes);
  const auto index = static_cast<std::uint32_t>(n);
  rings_.push_back(std::make_unique<ring>(at, index, capacity, fd_ >= 0 ? when_full::overwrite : when_full::drop));
  if (counts_ != nullptr) {
    reinterpret_cast<ring_slot*>(tables_ + rings_offset)[n] = {end_, capacity};
    counts_->rings.store(index + 1, std::memory_order_release);  // for who reads the file
  }
  end_ += bytes;
  return rings_.back().get();
}

void ring_store::add_sync(const sync_point& now) noexcept {
  if (counts_ == nullptr) return;
  const std::uint64_t n = counts_->syncs.load(std::memory_order_relaxed);
  reinterpret_cast<sync_point*>(tables_ + sync_offset)[n % sync_slots] = now;
  counts_->syncs.store(n + 1, std::memory_order_release);  // for who reads the file
}

void ring_store::set_homeless(std::uint64_t n) noexcept {
  if (counts_ != nullptr) counts_->homeless.store(n, std::memory_order_relaxed);
}

void ring_store::discard() noexcept { ::unlink(path_.c_str()); }

}  // namespace weir::inline v0::tracing

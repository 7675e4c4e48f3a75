// weir/io/buffer.hpp - pooled, reference-counted bytes; slices share them.                      [floor: coro]
//
//   buffer_pool --take()--> buffer --slice()--> buffer, buffer ...        the last one returns the block to its pool
//
// Threads     A buffer object belongs to one thread at a time; buffers that share a block may be anywhere. The bytes
//             are not guarded: write before sharing.
// Memory      A pool keeps up to `keep` free blocks and frees the rest; buffers may outlive it. After warm-up take()
//             allocates nothing while no more than `keep` blocks come and go.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace weir::inline v0 {

namespace detail {

class block_cache;

/// Header of a block; the bytes follow it.
struct alignas(16) buffer_block {
  std::atomic<std::uint32_t> references{1};
  std::size_t capacity = 0;
  std::shared_ptr<block_cache> home;  ///< null: goes back to the allocator
  buffer_block* next = nullptr;       ///< in the cache

  [[nodiscard]] std::byte* bytes() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
};

void release_block(buffer_block* block) noexcept;

}  // namespace detail

/// A range of a shared block; copying shares, nothing copies bytes.
class buffer {
 public:
  buffer() noexcept = default;
  /// A block of its own, from weir's pool or, above 1.25 KiB, from the allocator. Errors: std::bad_alloc.
  explicit buffer(std::size_t size);
  buffer(const buffer& other) noexcept : block_{other.block_}, begin_{other.begin_}, size_{other.size_} {
    if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);  // we hold one already
  }
  buffer(buffer&& other) noexcept
      : block_{std::exchange(other.block_, nullptr)},
        begin_{std::exchange(other.begin_, nullptr)},
        size_{std::exchange(other.size_, 0)} {}
  buffer& operator=(buffer other) noexcept {
    std::swap(block_, other.block_);
    std::swap(begin_, other.begin_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~buffer() {
    if (block_ != nullptr) detail::release_block(block_);
  }

  [[nodiscard]] std::byte* data() const noexcept { return begin_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return {begin_, size_}; }
  [[nodiscard]] std::string_view text() const noexcept { return {reinterpret_cast<const char*>(begin_), size_}; }
  [[nodiscard]] explicit operator bool() const noexcept { return block_ != nullptr; }
  /// True when no other buffer shares the block.
  [[nodiscard]] bool unique() const noexcept {
    // acquire: pairs with the release of the buffers that are gone; what they did to the bytes is visible.
    return block_ != nullptr && block_->references.load(std::memory_order_acquire) == 1;
  }

  /// `count` bytes from `from` on, sharing the block. Errors: std::out_of_range.
  [[nodiscard]] buffer slice(std::size_t from, std::size_t count) const;
  /// Keeps only the first `count` bytes, at most size().
  void truncate(std::size_t count) noexcept { size_ = count < size_ ? count : size_; }

 private:
  friend class buffer_pool;
  explicit buffer(detail::buffer_block* block) noexcept
      : block_{block}, begin_{block->bytes()}, size_{block->capacity} {}

  detail::buffer_block* block_ = nullptr;
  std::byte* begin_ = nullptr;
  std::size_t size_ = 0;
};

/// Blocks of one size. Any thread.
class buffer_pool {
 public:
  /// Errors: std::invalid_argument when block_size is 0.
  explicit buffer_pool(std::size_t block_size, std::size_t keep = 16);

  /// A buffer of block_size bytes, uninitialised. Errors: std::bad_alloc.
  [[nodiscard]] buffer take();

  [[nodiscard]] std::size_t free_blocks() const noexcept;
  [[nodiscard]] std::size_t live_blocks() const noexcept;  ///< taken and not yet given back

 private:
  std::shared_ptr<detail::block_cache> cache_;
};

}  // namespace weir::inline v0

#include <weir/detail/pool.hpp>
#include <weir/detail/spin_lock.hpp>
#include <weir/io/buffer.hpp>

#include <new>
#include <stdexcept>

namespace weir::inline v0 {

namespace detail {

namespace {

buffer_block* make_block(std::size_t capacity) {
  if (capacity > static_cast<std::size_t>(-1) - sizeof(buffer_block)) throw std::bad_alloc{};
  auto* block = new (pool_allocate(sizeof(buffer_block) + capacity)) buffer_block;
  block->capacity = capacity;
  return block;
}

void free_block(buffer_block* block) noexcept {
  const std::size_t size = sizeof(buffer_block) + block->capacity;
  block->~buffer_block();
  pool_release(block, size);
}

}  // namespace

// The free blocks do not hold the cache alive (their home is null while they are in it), so there is no cycle.
class block_cache {
 public:
  block_cache(std::size_t block_size, std::size_t keep) noexcept : block_size_{block_size}, keep_{keep} {}
  block_cache(const block_cache&) = delete;
  block_cache& operator=(const block_cache&) = delete;
  ~block_cache() {
    while (free_ != nullptr) free_block(std::exchange(free_, free_->next));
  }

  buffer_block* take() {
    {
      const spin_guard hold{lock_};
      ++live_;
      if (free_ != nullptr) {
        --count_;
        buffer_block* const block = std::exchange(free_, free_->next);
        block->references.store(1, std::memory_order_relaxed);  // ours alone until it is shared
        return block;
      }
    }
    try {
      return make_block(block_size_);
    } catch (...) {
      const spin_guard hold{lock_};
      --live_;
      throw;
    }
  }
  void give_back(buffer_block* block) noexcept {
    {
      const spin_guard hold{lock_};
      --live_;
      if (count_ < keep_) {
        ++count_;
        block->next = std::exchange(free_, block);
        return;
      }
    }
    free_block(block);
  }
  std::size_t free_blocks() noexcept {
    const spin_guard hold{lock_};
    return count_;
  }
  std::size_t live_blocks() noexcept {
    const spin_guard hold{lock_};
    return live_;
  }

 private:
  const std::size_t block_size_, keep_;
  spin_lock lock_;
  buffer_block* free_ = nullptr;
  std::size_t count_ = 0, live_ = 0;
};

void release_block(buffer_block* block) noexcept {
  // release: our use of the bytes precedes their reuse; acquire: the last one sees everybody's use.
  if (block->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (const std::shared_ptr<block_cache> home = std::move(block->home))
    home->give_back(block);
  else
    free_block(block);
}

}  // namespace detail

buffer::buffer(std::size_t size) : buffer{detail::make_block(size)} {}

buffer buffer::slice(std::size_t from, std::size_t count) const {
  if (from > size_ || count > size_ - from) throw std::out_of_range{"weir: slice outside of the buffer"};
  buffer part{*this};
  part.begin_ += from;
  part.size_ = count;
  return part;
}

buffer_pool::buffer_pool(std::size_t block_size, std::size_t keep) {
  if (block_size == 0) throw std::invalid_argument{"weir: buffer_pool: block_size must be at least 1"};
  cache_ = std::make_shared<detail::block_cache>(block_size, keep);
}

buffer buffer_pool::take() {
  detail::buffer_block* const block = cache_->take();
  block->home = cache_;
  return buffer{block};
}

std::size_t buffer_pool::free_blocks() const noexcept { return cache_->free_blocks(); }

std::size_t buffer_pool::live_blocks() const noexcept { return cache_->live_blocks(); }

}  // namespace weir::inline v0

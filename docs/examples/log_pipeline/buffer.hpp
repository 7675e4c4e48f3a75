// buffer.hpp - bytes that grow once and stay: uninitialised, reused, always with simdjson's padding behind them.
#pragma once

#include <simdjson.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace log_pipeline {

class buffer {
 public:
  explicit buffer(std::size_t capacity) { reserve(capacity); }

  [[nodiscard]] char* data() noexcept { return bytes_.get(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] std::string_view text() const noexcept { return {bytes_.get(), size_}; }

  void clear() noexcept { size_ = 0; }

  /// Says how many bytes are valid, after they were written through data(). Requires size <= capacity().
  void resize(std::size_t size) noexcept { size_ = size; }

  /// Room for n more bytes. Allocates only when the buffer has never been that large.
  void make_room(std::size_t n) {
    if (capacity_ - size_ < n) reserve(std::max(2 * capacity_, size_ + n));
  }

  /// Appends without looking: make_room() comes first.
  void append(std::string_view text) noexcept {
    std::memcpy(bytes_.get() + size_, text.data(), text.size());
    size_ += text.size();
  }

 private:
  void reserve(std::size_t capacity) {
    auto larger = std::make_unique_for_overwrite<char[]>(capacity + simdjson::SIMDJSON_PADDING);
    if (size_ != 0) std::memcpy(larger.get(), bytes_.get(), size_);
    bytes_ = std::move(larger);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace log_pipeline

// input.hpp - a file that is read by position. Nothing is mapped: a file that shrinks meanwhile is a short read, no
// SIGBUS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace weir_tool {

class input {
 public:
  /// Errors  failure{usage_or_io}: there is no such file, or it is not a regular one
  explicit input(const std::string& path);
  input(input&& other) noexcept : fd_{other.fd_}, size_{other.size_} { other.fd_ = -1; }
  input& operator=(input&&) = delete;
  ~input();

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  /// Reads up to n bytes at the offset; returns how many were there.
  std::size_t read(std::uint64_t offset, void* to, std::size_t n) const;

  /// Whether the whole object was there.
  template <class T>
  [[nodiscard]] bool get(std::uint64_t offset, T& object) const {
    return read(offset, &object, sizeof object) == sizeof object;
  }

 private:
  int fd_;
  std::uint64_t size_;
};

}  // namespace weir_tool

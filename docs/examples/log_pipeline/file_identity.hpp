// file_identity.hpp - whether two names are one file, so that none is written over by mistake.
#pragma once

#include <sys/stat.h>

#include <string>

namespace log_pipeline {

/// A file or a pipe. Everything else, and what does not exist, is never the same as anything: /dev/null may be named
/// as often as one likes.
class file_identity {
 public:
  file_identity() = default;
  explicit file_identity(const struct stat& about) noexcept
      : device_{about.st_dev},
        number_{about.st_ino},
        is_pipe_{S_ISFIFO(about.st_mode)},
        exists_{S_ISREG(about.st_mode) || is_pipe_} {}

  [[nodiscard]] static file_identity of(int descriptor) noexcept {
    struct stat about;
    return ::fstat(descriptor, &about) == 0 ? file_identity{about} : file_identity{};
  }
  [[nodiscard]] static file_identity of(const std::string& path) noexcept {
    struct stat about;
    return ::stat(path.c_str(), &about) == 0 ? file_identity{about} : file_identity{};
  }

  [[nodiscard]] bool is_pipe() const noexcept { return is_pipe_; }

  [[nodiscard]] friend bool are_same(const file_identity& a, const file_identity& b) noexcept {
    return a.exists_ && b.exists_ && a.device_ == b.device_ && a.number_ == b.number_;
  }

 private:
  dev_t device_ = 0;
  ino_t number_ = 0;
  bool is_pipe_ = false;
  bool exists_ = false;
};

}  // namespace log_pipeline

// weir/io/file.hpp - files, on the blocking threads; a sequential reader that reads ahead.      [floor: coro]
//
//   weir::file f = co_await weir::file::open("log", weir::file_mode::read);
//   std::size_t n = co_await f.read_at(offset, bytes);
//
//   weir::file_reader in{std::move(f)};                  while one chunk is worked on, the next is being read
//   while (weir::buffer chunk = co_await in.next()) ...
//
// Disks do not report readiness, so these calls run on the runtime's bounded blocking threads and never hold a worker
// or the reactor. Cancellation takes a call that waits in line out of its turn; a call under way is waited for. Errors
// std::system_error "read path: reason"; operation_cancelled. A full disk is ENOSPC from write_at or sync.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <weir/io/buffer.hpp>
#include <weir/io/fd.hpp>

namespace weir::inline v0 {

enum class file_mode : unsigned {
  read,        ///< must exist
  write,       ///< created or emptied
  append,      ///< created or continued
  read_write,  ///< created or kept
};

namespace detail {
struct open_file;
class read_ahead;
}  // namespace detail

class file {
 public:
  file() noexcept = default;

  /// Errors: std::invalid_argument (NUL in path); std::system_error "open PATH: reason".
  [[nodiscard]] static task<file> open(std::string path, file_mode mode);
  /// Takes a descriptor over as it is; `name` is for messages. Errors: std::system_error (not an open descriptor).
  [[nodiscard]] static file adopt(int number, std::string name);

  // Of a file that is not open the next six throw std::invalid_argument when they are called.

  /// Up to bytes.size() bytes from `offset`; fewer only at the end of the file, 0 at or behind it.
  [[nodiscard]] task<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> bytes) const;
  /// All of them. After an error an unknown part has been written.
  [[nodiscard]] task<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) const;
  /// All of them, at the descriptor's own position: for append and for what has no positions (stdout, /dev/null).
  [[nodiscard]] task<void> write_all(std::span<const std::byte> bytes) const;
  [[nodiscard]] task<std::uint64_t> size() const;
  [[nodiscard]] task<void> truncate(std::uint64_t size) const;
  /// Until the data is on the disk.
  [[nodiscard]] task<void> sync() const;
  /// Gives the file up; it is closed when the last call under way has ended. close() does not wait for the disk:
  /// sync().
  void close() noexcept { file_ = nullptr; }

  explicit operator bool() const noexcept { return file_ != nullptr; }
  [[nodiscard]] int number() const noexcept;
  [[nodiscard]] const std::string& name() const noexcept;

 private:
  friend class file_reader;
  explicit file(std::shared_ptr<detail::open_file> opened) noexcept : file_{std::move(opened)} {}

  std::shared_ptr<detail::open_file> file_;
};

/// Reads from the front to the end. Regular files: one chunk is read ahead, without being asked for, so two chunks are
/// in memory beside those the caller holds. Anything else (a pipe, a terminal, stdin): waits on the reactor, so that it
/// can be cancelled, and never changes the descriptor's flags, which other processes may share.
class file_reader {
 public:
  /// Errors: std::invalid_argument (empty file, chunk 0); std::system_error.
  explicit file_reader(file from, std::size_t chunk = 1 << 18, std::uint64_t offset = 0);
  file_reader(file_reader&&) noexcept;
  file_reader& operator=(file_reader&&) noexcept;
  ~file_reader();

  /// The next bytes, at most a chunk; an empty buffer at the end. One task at a time. After an error: the error again.
  /// Cost: one task frame; no allocation once the chunks are warm.
  [[nodiscard]] task<buffer> next();

 private:
  [[nodiscard]] task<buffer> next_when_readable();

  file file_;
  buffer_pool chunks_;
  std::size_t chunk_;
  std::unique_ptr<detail::read_ahead> ahead_;  // null: not a regular file
};

}  // namespace weir::inline v0

// coro/io/open_file.hpp - an open file and its blocking calls, for the blocking threads.         [floor: coro]
//
// Every call loops over EINTR and short transfers, never raises SIGPIPE, and throws std::system_error "verb name".
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <system_error>

namespace weir::inline v0::detail {

struct open_file {
  open_file(int n, std::string called) noexcept : number{n}, name{std::move(called)} {}
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  ~open_file();

  const int number;
  const std::string name;
};
using file_ref = std::shared_ptr<open_file>;

[[noreturn]] void file_failed(int error, const char* verb, const std::string& name);

/// Bytes read, fewer than asked for only at the end; or a negated errno.
std::int64_t try_read_fully(const open_file& f, std::uint64_t offset, std::span<std::byte> bytes) noexcept;

std::size_t read_fully(const file_ref& f, std::uint64_t offset, std::span<std::byte> bytes);
void write_fully_at(const file_ref& f, std::uint64_t offset, std::span<const std::byte> bytes);
void write_fully(const file_ref& f, std::span<const std::byte> bytes);
std::uint64_t file_size(const file_ref& f);
void truncate_file(const file_ref& f, std::uint64_t size);
void sync_file(const file_ref& f);

}  // namespace weir::inline v0::detail

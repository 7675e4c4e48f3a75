#include <weir/io/file.hpp>
#include <weir/offload.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "coro/io/open_file.hpp"
#include "coro/io/read_ahead.hpp"

namespace weir::inline v0 {

using detail::file_failed;
using detail::file_ref;
using detail::open_file;

namespace {

int flags_of(file_mode mode) noexcept {
  switch (mode) {
    case file_mode::read:
      return O_RDONLY | O_CLOEXEC;
    case file_mode::write:
      return O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
    case file_mode::append:
      return O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
    case file_mode::read_write:
      break;
  }
  return O_RDWR | O_CREAT | O_CLOEXEC;
}

file_ref open_now(const std::string& path, file_mode mode) {
  for (;;) {
    const int number = ::open(path.c_str(), flags_of(mode), 0666);
    if (number >= 0) return std::make_shared<open_file>(number, path);
    if (errno != EINTR) file_failed(errno, "open", path);
  }
}

const file_ref& opened(const file_ref& f, const char* what) {
  if (f == nullptr) throw std::invalid_argument{std::string{"weir: file::"} + what + ": the file is not open"};
  return f;
}

bool regular(const open_file& f) {
  struct stat info{};
  if (::fstat(f.number, &info) != 0) file_failed(errno, "stat", f.name);
  return S_ISREG(info.st_mode);
}

}  // namespace

task<file> file::open(std::string path, file_mode mode) {
  if (path.find('\0') != std::string::npos) throw std::invalid_argument{"weir: file::open: path contains a NUL"};
  co_return file{co_await blocking(&open_now, std::move(path), mode)};
}

file file::adopt(int number, std::string name) {
  if (::fcntl(number, F_GETFD) < 0)
    throw std::system_error{errno, std::system_category(), "weir: file::adopt: " + name};
  return file{std::make_shared<open_file>(number, std::move(name))};
}

// Not coroutines of the object: the file may be moved while a call is under way, so each call holds what it needs.
task<std::size_t> file::read_at(std::uint64_t offset, std::span<std::byte> bytes) const {
  return [](file_ref f, std::uint64_t from, std::span<std::byte> into) -> task<std::size_t> {
    co_return co_await blocking(&detail::read_fully, std::move(f), from, into);
  }(opened(file_, "read_at"), offset, bytes);
}

task<void> file::write_at(std::uint64_t offset, std::span<const std::byte> bytes) const {
  return [](file_ref f, std::uint64_t to, std::span<const std::byte> from) -> task<void> {
    co_await blocking(&detail::write_fully_at, std::move(f), to, from);
  }(opened(file_, "write_at"), offset, bytes);
}

task<void> file::write_all(std::span<const std::byte> bytes) const {
  return [](file_ref f, std::span<const std::byte> from) -> task<void> {
    co_await blocking(&detail::write_fully, std::move(f), from);
  }(opened(file_, "write_all"), bytes);
}

task<std::uint64_t> file::size() const {
  return [](file_ref f) -> task<std::uint64_t> {
    co_return co_await blocking(&detail::file_size, std::move(f));
  }(opened(file_, "size"));
}

task<void> file::truncate(std::uint64_t size) const {
  return [](file_ref f, std::uint64_t to) -> task<void> {
    co_await blocking(&detail::truncate_file, std::move(f), to);
  }(opened(file_, "truncate"), size);
}

task<void> file::sync() const {
  return [](file_ref f) -> task<void> { co_await blocking(&detail::sync_file, std::move(f)); }(opened(file_, "sync"));
}

int file::number() const noexcept { return file_ != nullptr ? file_->number : -1; }

const std::string& file::name() const noexcept {
  static const std::string none = "(no file)";
  if (file_ == nullptr) return none;
  return file_->name;
}

file_reader::file_reader(file from, std::size_t chunk, std::uint64_t offset)
    : file_{std::move(from)}, chunks_{chunk, 4}, chunk_{chunk} {
  if (!file_) throw std::invalid_argument{"weir: file_reader: the file is not open"};
  if (regular(*file_.file_)) ahead_ = std::make_unique<detail::read_ahead>(file_.file_, offset);
}

file_reader::file_reader(file_reader&&) noexcept = default;
file_reader& file_reader::operator=(file_reader&&) noexcept = default;
file_reader::~file_reader() = default;

task<buffer> file_reader::next() {
  if (ahead_ != nullptr) co_return co_await ahead_->next(chunks_);
  co_return co_await next_when_readable();
}

task<buffer> file_reader::next_when_readable() {
  buffer chunk = chunks_.take();
  for (;;) {
    co_await wait_readable(file_.number());
    const ssize_t n = ::read(file_.number(), chunk.data(), chunk_);
    if (n == 0) co_return buffer{};
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n < 0) file_failed(errno, "read", file_.name());
    chunk.truncate(static_cast<std::size_t>(n));
    co_return std::move(chunk);
  }
}

}  // namespace weir::inline v0

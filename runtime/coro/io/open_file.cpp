#include "coro/io/open_file.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace weir::inline v0::detail {

namespace {

// A write to a pipe or socket without a reader is an error of that write. The signal is blocked on this thread for the
// time of the call, and one that the call itself raised is taken away again.
class without_sigpipe {
 public:
  without_sigpipe() noexcept {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  without_sigpipe(const without_sigpipe&) = delete;
  without_sigpipe& operator=(const without_sigpipe&) = delete;
  ~without_sigpipe() {
    const int kept = errno;
    const timespec at_once{};
    if (!was_pending_)
      while (sigtimedwait(&pipe_, nullptr, &at_once) == -1 && errno == EINTR) {
      }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = kept;
  }

 private:
  sigset_t pipe_, before_;
  bool was_pending_;
};

void wait_writable(int number) noexcept {
  pollfd wanted{.fd = number, .events = POLLOUT, .revents = 0};
  static_cast<void>(::poll(&wanted, 1, -1));
}

template <class Write>
void write_loop(const open_file& f, std::span<const std::byte> bytes, Write&& write) {
  const without_sigpipe guard;
  std::uint64_t done = 0;
  while (!bytes.empty()) {
    const ssize_t n = write(done, bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {  // somebody made it non-blocking; this thread may wait
      wait_writable(f.number);
      continue;
    }
    if (n < 0) file_failed(errno, "write", f.name);
    if (n == 0) file_failed(EIO, "write", f.name);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    done += static_cast<std::uint64_t>(n);
  }
}

}  // namespace

open_file::~open_file() { ::close(number); }

void file_failed(int error, const char* verb, const std::string& name) {
  throw std::system_error{error, std::system_category(), std::string{verb} + ' ' + name};
}

std::int64_t try_read_fully(const open_file& f, std::uint64_t offset, std::span<std::byte> bytes) noexcept {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::pread(f.number, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (n == 0) break;
    if (n > 0)
      done += static_cast<std::size_t>(n);
    else if (errno != EINTR)
      return -errno;
  }
  return static_cast<std::int64_t>(done);
}

std::size_t read_fully(const file_ref& f, std::uint64_t offset, std::span<std::byte> bytes) {
  const std::int64_t n = try_read_fully(*f, offset, bytes);
  if (n < 0) file_failed(static_cast<int>(-n), "read", f->name);
  return static_cast<std::size_t>(n);
}

void write_fully_at(const file_ref& f, std::uint64_t offset, std::span<const std::byte> bytes) {
  write_loop(*f, bytes, [&](std::uint64_t done, std::span<const std::byte> rest) {
    return ::pwrite(f->number, rest.data(), rest.size(), static_cast<off_t>(offset + done));
  });
}

void write_fully(const file_ref& f, std::span<const std::byte> bytes) {
  write_loop(*f, bytes, [&](std::uint64_t, std::span<const std::byte> rest) {
    return ::write(f->number, rest.data(), rest.size());
  });
}

std::uint64_t file_size(const file_ref& f) {
  struct stat info{};
  if (::fstat(f->number, &info) != 0) file_failed(errno, "stat", f->name);
  return static_cast<std::uint64_t>(info.st_size);
}

void truncate_file(const file_ref& f, std::uint64_t size) {
  while (::ftruncate(f->number, static_cast<off_t>(size)) != 0)
    if (errno != EINTR) file_failed(errno, "truncate", f->name);
}

void sync_file(const file_ref& f) {
  while (::fsync(f->number) != 0)
    if (errno != EINTR) file_failed(errno, "sync", f->name);
}

}  // namespace weir::inline v0::detail

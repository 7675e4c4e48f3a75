#include <weir/io/local.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace weir::inline v0 {

namespace {

// True when `path` is a socket file whose listener is gone: only then may it be replaced. A regular file refuses
// connections as well, so its kind is looked at first.
bool abandoned(const endpoint& at, const std::string& path) noexcept {
  struct stat file{};
  if (::lstat(path.c_str(), &file) != 0 || !S_ISSOCK(file.st_mode)) return false;
  const detail::made_socket probe = detail::make_stream_socket(AF_UNIX);
  return probe.error == 0 && ::connect(probe.socket.number(), at.data(), at.size()) != 0 && errno == ECONNREFUSED;
}

fd listen_on_path(const endpoint& at, const std::string& path, int backlog) {
  try {
    return detail::listen_on(at, backlog, false, false);
  } catch (const std::system_error& e) {
    if (e.code() != std::errc::address_in_use || path.empty() || !abandoned(at, path)) throw;
  }
  ::unlink(path.c_str());
  return detail::listen_on(at, backlog, false, false);
}

}  // namespace

detail::connect_awaiter<local_stream> local_stream::connect(std::string_view path) {
  const endpoint to = endpoint::local(path);
  detail::made_socket made = detail::make_stream_socket(AF_UNIX);
  return {std::move(made.socket), to, made.error};
}

std::pair<local_stream, local_stream> local_stream::pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw std::system_error{errno, std::system_category(), "weir: making a pair of sockets"};
  return {local_stream{stream_socket{fd{ends[0]}}}, local_stream{stream_socket{fd{ends[1]}}}};
}

local_listener::local_listener(std::string_view path, int backlog) {
  const endpoint at = endpoint::local(path);
  const std::string file{path.front() == '@' ? std::string_view{} : path};
  socket_ = listen_on_path(at, file, backlog);
  file_ = file;
}

local_listener::local_listener(local_listener&& other) noexcept
    : socket_{std::move(other.socket_)}, file_{std::exchange(other.file_, {})} {}

local_listener& local_listener::operator=(local_listener&& other) noexcept {
  if (this != &other) {
    close();
    socket_ = std::move(other.socket_);
    file_ = std::exchange(other.file_, {});
  }
  return *this;
}

void local_listener::close() noexcept {
  socket_.close();
  if (!file_.empty()) ::unlink(file_.c_str());
  file_.clear();
}

}  // namespace weir::inline v0

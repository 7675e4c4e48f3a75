// generated_log.cpp - the generated log as a file that is kept.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "failure.hpp"
#include "file_descriptor.hpp"
#include "generator.hpp"

namespace log_pipeline {
namespace {

constexpr std::size_t buffer_size = std::size_t{1} << 20;

[[noreturn]] void fail(const std::string& doing, const std::string& path, int error = errno) {
  throw failure::from_errno(bad_input, "cannot " + doing + " the generated log " + path, error);
}

void write_all(const file_descriptor& file, const std::string& path, const char* from, const char* end) {
  while (from != end) {
    const ssize_t n = ::write(file.get(), from, static_cast<std::size_t>(end - from));
    if (n < 0 && errno != EINTR) fail("write", path);
    if (n > 0) from += n;
  }
}

void look_for_signals(stop_signals& stop, const std::string& path) {
  if (const int signal = stop.received(); signal != 0) throw failure::stopped(signal, "the generated log " + path);
}

/// How long that many lines are, from the first ones.
double expected_bytes(const generator& from, std::uint64_t lines) {
  constexpr std::uint64_t sample = 1000;
  std::vector<char> bytes(sample * generator::max_length);
  char* end = bytes.data();
  for (std::uint64_t i = 0; i < sample; ++i) end = from.write_line(i, end);
  return static_cast<double>(end - bytes.data()) / sample * static_cast<double>(lines);
}

void check_room(const std::string& directory, const generator& from, std::uint64_t lines) {
  struct statvfs about;
  if (::statvfs(directory.c_str(), &about) != 0) return;  // what is wrong shows when the file is created
  constexpr double gib = 1024.0 * 1024.0 * 1024.0;
  const double free = static_cast<double>(about.f_bavail) * static_cast<double>(about.f_frsize);
  const double needed = expected_bytes(from, lines);
  if (needed <= free) return;
  char text[160];
  std::snprintf(text, sizeof text, ": it needs %.1f GiB and %.1f GiB are free (fewer --lines, or another --data-dir)",
                needed / gib, free / gib);
  throw failure{bad_input, "no room for the generated log in " + directory + text};
}

/// True when the file has that many lines, the last of them `last`.
bool is_complete(const std::string& path, std::uint64_t lines, std::string_view last, stop_signals& stop) {
  const file_descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.is_open()) return false;
  std::vector<char> bytes(buffer_size);
  std::string tail;
  std::uint64_t found = 0;
  for (ssize_t n; (n = ::read(file.get(), bytes.data(), bytes.size())) > 0;) {
    look_for_signals(stop, path);
    const std::string_view piece{bytes.data(), static_cast<std::size_t>(n)};
    for (auto at = piece.find('\n'); at != piece.npos; at = piece.find('\n', at + 1)) ++found;
    tail.append(piece.substr(piece.size() - std::min(piece.size(), last.size())));
    tail.erase(0, tail.size() - std::min(tail.size(), last.size()));
  }
  return found == lines && tail == last;
}

void write_log(const std::string& path, const generator& from, std::uint64_t lines, stop_signals& stop) {
  const file_descriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
  if (!file.is_open()) fail("create", path);
  std::vector<char> bytes(buffer_size + generator::max_length);
  char* end = bytes.data();
  for (std::uint64_t i = 0; i < lines; ++i) {
    end = from.write_line(i, end);
    if (end < bytes.data() + buffer_size) continue;
    look_for_signals(stop, path);
    write_all(file, path, bytes.data(), end);
    end = bytes.data();
  }
  write_all(file, path, bytes.data(), end);
}

}  // namespace

std::string generated_log(const std::string& directory, std::uint64_t lines, std::uint64_t seed, stop_signals& stop) {
  const generator from{seed};
  std::string last;
  if (lines != 0) {
    last.resize(generator::max_length);
    last.resize(static_cast<std::size_t>(from.write_line(lines - 1, last.data()) - last.data()));
  }
  const std::string path = directory + "/log-" + std::to_string(lines) + "-" + std::to_string(seed) + ".ndjson";
  if (is_complete(path, lines, last, stop)) return path;
  check_room(directory, from, lines);

  std::fprintf(stderr, "generating %s\n", path.c_str());
  const std::string partial = path + "." + std::to_string(::getpid());
  try {
    write_log(partial, from, lines, stop);
    if (::rename(partial.c_str(), path.c_str()) != 0) fail("rename", partial);
  } catch (...) {
    ::unlink(partial.c_str());
    throw;
  }
  return path;
}

}  // namespace log_pipeline

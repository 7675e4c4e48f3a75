// weir record - runs a program with WEIR_TRACE set, and says where the trace is. The program's exit status is the
// command's; a program that a signal ended gives 128 + its number, as in a shell.
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <regex>
#include <string>
#include <vector>

#include "failure.hpp"
#include "json.hpp"
#include "units.hpp"
#include "verbs.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX wants it declared by its user

namespace weir_tool {
namespace {

struct record_options {
  std::string file = "weir-%p.wtr";
  std::string events;
  std::uint32_t sample = 0;
  std::uint64_t ring = 0;
  bool json = false;
  std::vector<std::string> command;
};

/// The program gets the signals of the terminal; this process only waits for it.
class signals_left_to_the_program {
 public:
  signals_left_to_the_program() {
    struct sigaction ignore{};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGINT, &ignore, &interrupt_);
    ::sigaction(SIGQUIT, &ignore, &quit_);
  }
  signals_left_to_the_program(const signals_left_to_the_program&) = delete;
  signals_left_to_the_program& operator=(const signals_left_to_the_program&) = delete;
  ~signals_left_to_the_program() {
    ::sigaction(SIGINT, &interrupt_, nullptr);
    ::sigaction(SIGQUIT, &quit_, nullptr);
  }

  /// As they were, for the program.
  [[nodiscard]] sigset_t defaults() const {
    sigset_t set;
    sigemptyset(&set);
    if (interrupt_.sa_handler != SIG_IGN) sigaddset(&set, SIGINT);
    if (quit_.sa_handler != SIG_IGN) sigaddset(&set, SIGQUIT);
    return set;
  }

 private:
  struct sigaction interrupt_{};
  struct sigaction quit_{};
};

pid_t start(const std::vector<std::string>& command, const sigset_t& defaults) {
  std::vector<char*> arguments;
  for (const std::string& a : command) arguments.push_back(const_cast<char*>(a.c_str()));
  arguments.push_back(nullptr);
  posix_spawnattr_t how;
  posix_spawnattr_init(&how);
  posix_spawnattr_setsigdefault(&how, &defaults);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF);
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, arguments.front(), nullptr, &how, arguments.data(), environ);
  posix_spawnattr_destroy(&how);
  if (error != 0) throw failure{usage_or_io, command.front() + ": " + std::strerror(error)};
  return pid;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) throw failure{usage_or_io, std::string{"waiting for the program: "} + std::strerror(errno)};
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// What was recorded: FILE, with any number for %p (the program may have started others), and .2, .3 ... of each.
std::vector<std::string> written(const std::string& file, const std::filesystem::file_time_type& since) {
  namespace fs = std::filesystem;
  const fs::path name = fs::path{file}.filename();
  static const std::regex special{R"([.^$|()\[\]{}*+?\\])"};
  std::string pattern = std::regex_replace(name.string(), special, R"(\$&)");
  for (std::size_t at = 0; (at = pattern.find("%p", at)) != std::string::npos;) pattern.replace(at, 2, "[0-9]+");
  const std::regex ours{pattern + R"((\.[0-9]+)?)"};
  std::vector<std::string> found;
  std::error_code none;
  const fs::path parent = fs::path{file}.parent_path();
  for (const auto& entry : fs::directory_iterator{parent.empty() ? "." : parent, none}) {
    if (!std::regex_match(entry.path().filename().string(), ours)) continue;
    const auto at = entry.last_write_time(none);
    if (!none && at >= since) found.push_back((parent / entry.path().filename()).string());
  }
  std::ranges::sort(found);
  return found;
}

void tell(const record_options& o, const std::vector<std::string>& files, pid_t pid, int status) {
  json out;
  out.object().field("pid", pid).field("exit_status", status).key("files").array();
  for (const std::string& f : files)
    out.object().field("file", f).field("bytes", std::filesystem::file_size(f)).close();
  if (o.json) {
    fmt::print(stderr, "{}", out.finish());  // stdout is the program's
  } else if (files.empty()) {
    fmt::print(stderr, "weir: the program wrote no trace: it made no weir::runtime, or said above why not\n");
  } else {
    for (const std::string& f : files)
      fmt::print(stderr, "weir: {} ({} bytes); look at it with: weir check {}\n", f,
                 grouped(std::filesystem::file_size(f)), f);
  }
}

int record(const record_options& o) {
  const std::string extension = std::filesystem::path{o.file}.extension().string();
  if (extension != ".wtr") throw failure{usage_or_io, o.file + ": the name of a trace ends in .wtr"};
  const std::string file = std::filesystem::absolute(o.file).string();  // the program may change its directory
  ::setenv("WEIR_TRACE", file.c_str(), 1);
  if (!o.events.empty()) ::setenv("WEIR_TRACE_EVENTS", o.events.c_str(), 1);
  if (o.sample != 0) ::setenv("WEIR_TRACE_SAMPLE", std::to_string(o.sample).c_str(), 1);
  if (o.ring != 0) ::setenv("WEIR_TRACE_RING", std::to_string(o.ring).c_str(), 1);
  const signals_left_to_the_program signals;
  const auto since = std::filesystem::file_time_type::clock::now() - std::chrono::seconds{1};
  const pid_t pid = start(o.command, signals.defaults());
  const int status = wait_for(pid);
  tell(o, written(file, since), pid, status);
  return status;
}

std::function<int()> declare(CLI::App& app) {
  auto o = std::make_shared<record_options>();
  app.add_option("-o,--output", o->file, "where the trace goes; %p becomes the process id")->capture_default_str();
  app.add_option("--events", o->events, "metrics, io, task, joined by commas, or all (the default)");
  app.add_option("--sample", o->sample, "of tasks and jobs record one root in N, with all that descends from it");
  app.add_option("--ring", o->ring, "bytes of memory per thread");
  app.add_flag("--json", o->json, "say as JSON, on stderr, where the trace is");
  app.add_option("COMMAND", o->command, "the program and its arguments, after --")->required();
  app.positionals_at_end();
  return [o] { return record(*o); };
}

}  // namespace

namespace verbs {

const verb record{"record", "Run a program and record what its runtimes do",
                  "  weir record -- ./app --its-option\n"
                  "  weir record -o run.wtr -- ./app\n"
                  "  weir record --events io,metrics --sample 100 -- ./app\n",
                  declare};
}  // namespace verbs

}  // namespace weir_tool

// The command `weir`: reads the command line, runs the verb, turns what it throws into a line and an exit status.
#include <CLI/CLI.hpp>

#include <array>
#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "failure.hpp"
#include "verbs.hpp"
#include "weir/version.hpp"

namespace weir_tool {
namespace {

#define WEIR_VERB(name) &verbs::name,
constexpr std::array all_verbs{WEIR_VERBS(WEIR_VERB)};
#undef WEIR_VERB

constexpr const char* exit_statuses = "Exit status: 0 clean, 1 usage or I/O, 2 the trace is damaged, 3 findings.";

struct command_line {
  CLI::App app{"weir: looks into traces (.wtr) of programs that use the weir library", "weir"};
  std::vector<std::function<int()>> runs;
  std::vector<CLI::App*> apps;
  std::string help_about;
  CLI::App* help = nullptr;

  command_line() {
    app.set_version_flag("--version", "weir " + std::to_string(WEIR_VERSION_MAJOR) + "." +
                                          std::to_string(WEIR_VERSION_MINOR) + "." +
                                          std::to_string(WEIR_VERSION_PATCH));
    app.footer(exit_statuses);
    app.require_subcommand(0, 1);
    for (const verb* const v : all_verbs) {
      CLI::App* const sub = app.add_subcommand(v->name, v->summary);
      sub->footer(std::string{"Examples:\n"} + v->examples + '\n' + exit_statuses);
      runs.push_back(v->declare(*sub));
      apps.push_back(sub);
    }
    help = app.add_subcommand("help", "What a verb does, its options, examples");
    help->add_option("VERB", help_about, "one of the above");
  }

  int run() {
    for (std::size_t i = 0; i < apps.size(); ++i)
      if (apps[i]->parsed()) return runs[i]();
    const CLI::App* about = &app;
    if (help->parsed() && !help_about.empty()) {
      about = nullptr;
      for (const CLI::App* const sub : apps)
        if (sub->get_name() == help_about) about = sub;
      if (about == nullptr) throw failure{usage_or_io, "there is no verb " + help_about + "; `weir help` lists them"};
    }
    std::FILE* const to = help->parsed() ? stdout : stderr;
    // Not help(): that of `app` is the help of the verb that was given.
    const std::string name = about == &app ? "weir" : "weir " + about->get_name();
    std::fputs(app.get_formatter()->make_help(about, name, CLI::AppFormatMode::Normal).c_str(), to);
    return help->parsed() ? clean : usage_or_io;
  }
};

int command(int argc, char** argv) {
  command_line line;
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return line.app.exit(e) == 0 ? clean : usage_or_io;
  }
  return line.run();
}

}  // namespace
}  // namespace weir_tool

int main(int argc, char** argv) {
  try {
    const int status = weir_tool::command(argc, argv);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
      throw weir_tool::failure{weir_tool::usage_or_io, "cannot write to stdout"};
    return status;
  } catch (const weir_tool::failure& e) {
    std::fprintf(stderr, "weir: %s\n", e.what());
    return e.status;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "weir: %s\n", e.what());
    return weir_tool::usage_or_io;
  }
}

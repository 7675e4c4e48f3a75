// weir stats - what a program did, in figures.
#include <CLI/CLI.hpp>

#include <memory>
#include <string>

#include "stats/figures.hpp"
#include "verbs.hpp"

namespace weir_tool {
namespace {

struct stats_options {
  std::string file;
  bool json = false;
};

int stats(const stats_options& o) {
  const auto f = std::make_unique<figures>(o.file);
  f->run();
  if (o.json)
    print_json(*f);
  else
    print_text(*f);
  return f->trace.end(o.json);
}

std::function<int()> declare(CLI::App& app) {
  auto o = std::make_shared<stats_options>();
  app.add_option("FILE", o->file, "a trace (.wtr)")->required();
  app.add_flag("--json", o->json, "write JSON: everything, times in ns");
  return [o] { return stats(*o); };
}

}  // namespace

namespace verbs {
const verb stats{"stats", "What did the program do? Workers, tasks, waits, queues, limiters, the reactor, in figures",
                 "  weir stats run.wtr                 # the largest first\n"
                 "  weir stats --json run.wtr | jq .waits\n",
                 declare};
}  // namespace verbs

}  // namespace weir_tool

// weir check - is the trace whole, and does it keep the laws of conservation?
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "check/laws.hpp"
#include "failure.hpp"
#include "reading.hpp"
#include "units.hpp"
#include "verbs.hpp"

namespace weir_tool {
namespace {

struct check_options {
  std::string file;
  bool json = false;
};

struct checker {
  explicit checker(const std::string& path) : trace{path} {}

  reading trace;
  laws all;
  std::array<std::uint64_t, 65536> of_type{};

  void leave_out();
  void run();
};

/// What this trace cannot decide.
void checker::leave_out() {
  const auto not_checked = [this](std::initializer_list<const char*> names, const std::string& why) {
    for (const char* const name : names) all.found.not_checked(name, why);
  };
  const format::file_header& h = trace.trace().header;
  namespace category = weir::detail::trace_category;
  if (h.kind == format::file_kind::rings)
    not_checked({"lives", "wakes", "slices", "workers", "groups", "operations", "permits", "queues", "counters"},
                "the trace begins where its rings do, for each thread at another time");
  if (trace.trace().damage_count != 0)
    not_checked({"lives", "wakes", "slices", "workers", "groups", "operations", "permits", "queues", "counters"},
                "the trace is damaged");
  if (trace.lost() != 0)
    not_checked({"lives", "wakes", "slices", "workers", "groups", "operations", "permits", "queues", "counters"},
                grouped(trace.lost()) + " events are lost");
  if ((h.mask & category::task) == 0)
    not_checked({"lives", "wakes", "slices", "workers", "groups", "counters"}, "category task was not recorded");
  if ((h.mask & category::io) == 0)
    not_checked({"operations", "permits", "queues", "counters"}, "category io was not recorded");
  if (h.sample > 1) not_checked({"counters"}, fmt::format("of tasks and jobs one root in {} was recorded", h.sample));
}

void checker::run() {
  leave_out();
  for (moment m; trace.next(m);) {
    ++of_type[static_cast<std::uint16_t>(m.what)];
    all.see(m);
  }
  all.finish(trace.last());
}

void print(const checker& c) {
  const trace_file& t = c.trace.trace();
  fmt::print("{} events of {} threads, {}\n", grouped(t.events), t.threads.size(),
             duration(c.trace.last() - c.trace.first()));
  for (const law& l : c.all.found.laws()) {
    const bool looked_at = l.not_checked.empty();
    fmt::print("  {:<11}{:<13}{}\n", l.name,
               !looked_at       ? in_colour("not checked  ", colour::yellow)
               : l.breaches > 0 ? in_colour(fmt::format("{:<13}", grouped(l.breaches) + " broken"), colour::red)
                                : in_colour("kept         ", colour::green),
               looked_at ? l.text : l.not_checked);
  }
  for (std::size_t i = 0; i < std::min<std::size_t>(c.all.found.breaches().size(), 20); ++i) {
    const breach& b = c.all.found.breaches()[i];
    fmt::print("  {} at {:.6f} s, thread {}, {:#x}: {}\n", b.law, static_cast<double>(b.at) / 1e9, b.thread, b.id,
               b.what);
  }
  if (c.all.found.count() > 20) fmt::print("  and {} more\n", grouped(c.all.found.count() - 20));
  fmt::print("open at the end: {} tasks, {} jobs, {} groups, {} operations, {} slices; begun before: {} tasks\n",
             c.all.alive.open_tasks(), c.all.alive.open_jobs(), c.all.alive.open_groups(),
             c.all.alive.open_operations(), c.all.work.open_slices(), c.all.alive.begun_before());
}

void print_json(const checker& c) {
  json out;
  out.object();
  c.trace.describe(out);
  out.key("counts").object();
  for (std::size_t i = 0; i < c.of_type.size(); ++i)
    if (c.of_type[i] != 0) out.field(name_of(static_cast<event>(i)), c.of_type[i]);
  out.close().key("laws").array();
  for (const law& l : c.all.found.laws()) {
    out.object().field("name", l.name).field("text", l.text).field("checked", l.not_checked.empty());
    out.field("why_not", std::string_view{l.not_checked}).field("broken", l.breaches).close();
  }
  out.close().key("breaches").array();
  for (const breach& b : c.all.found.breaches()) {
    out.object().field("law", b.law).field("at_ns", b.at).field("thread", b.thread).field("id", b.id);
    out.field("what", std::string_view{b.what}).close();
  }
  out.close().key("open").object().field("tasks", c.all.alive.open_tasks()).field("jobs", c.all.alive.open_jobs());
  out.field("groups", c.all.alive.open_groups()).field("operations", c.all.alive.open_operations());
  out.field("slices", c.all.work.open_slices()).field("begun_before", c.all.alive.begun_before()).close();
  out.key("workers").array();
  for (const auto& [key, t] : c.all.work.times()) {
    out.object().field("runtime", key.first).field("index", key.second).field("run_ns", t.run);
    out.field("look_ns", t.look).field("idle_ns", t.idle).field("out_ns", t.out).field("wall_ns", t.wall()).close();
  }
  fmt::print("{}", out.finish());
}

int check(const check_options& o) {
  const auto c = std::make_unique<checker>(o.file);
  c->run();
  if (o.json)
    print_json(*c);
  else
    print(*c);
  const int whole = c->trace.end(o.json);
  return whole != clean ? whole : c->all.found.count() == 0 ? clean : findings;
}

std::function<int()> declare(CLI::App& app) {
  auto o = std::make_shared<check_options>();
  app.add_option("FILE", o->file, "a trace (.wtr)")->required();
  app.add_flag("--json", o->json, "write JSON");
  return [o] { return check(*o); };
}

}  // namespace

namespace verbs {
const verb check{"check", "Is a trace whole, and does it keep the laws of conservation?",
                 "  weir check run.wtr           # status 2: it is damaged; 3: a law is broken\n"
                 "  weir check --json run.wtr    # also: counts of every type of event, workers' times\n",
                 declare};
}  // namespace verbs

}  // namespace weir_tool

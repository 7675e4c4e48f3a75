// weir doctor - which known mistakes does this program make?
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "doctor/rule.hpp"
#include "failure.hpp"
#include "reading.hpp"
#include "units.hpp"
#include "verbs.hpp"

namespace weir_tool {

namespace {

std::vector<std::unique_ptr<rule>> all_rules() {
  std::vector<std::unique_ptr<rule>> all;
  all.push_back(blocked_reactor());
  all.push_back(long_turns());
  all.push_back(unbounded_fan_out());
  all.push_back(tiny_jobs());
  all.push_back(losers_that_go_on());
  all.push_back(nobody_looks());
  all.push_back(growing_queue());
  all.push_back(ignored_backpressure());
  return all;
}

struct doctor_options {
  std::string file;
  std::string fail_on = "note";
  std::vector<std::string> without;
  bool json = false;
};

const std::map<std::string, weight> weights{
    {"note", weight::note}, {"warning", weight::warning}, {"error", weight::error}};

const char* name_of(weight w) { return w == weight::error ? "error" : w == weight::warning ? "warning" : "note"; }

class practice {
 public:
  explicit practice(const doctor_options& o) : trace{o.file}, rules_{all_rules()} {
    std::erase_if(rules_, [&](const auto& r) { return std::ranges::find(o.without, r->name()) != o.without.end(); });
    const format::file_header& h = trace.trace().header;
    std::erase_if(rules_, [&](const auto& r) {
      if ((r->needs() & ~h.mask) == 0) return false;
      found.silent.push_back({r->name(), "its events were not recorded (categories task, io)"});
      return true;
    });
  }

  reading trace;
  diagnosis found;

  void run() {
    for (moment m; trace.next(m);) {
      for (const auto& r : rules_) r->see(m, who_);
      who_.see(m);
    }
    for (const auto& r : rules_) r->judge(trace.last(), who_, found);
    std::ranges::sort(found.findings, [](const finding& a, const finding& b) {
      return std::tuple{-a.lost, std::string_view{a.rule}, a.site} <
             std::tuple{-b.lost, std::string_view{b.rule}, b.site};
    });
  }

 private:
  std::vector<std::unique_ptr<rule>> rules_;
  cast who_;
};

void print(const practice& p) {
  const trace_file& t = p.trace.trace();
  fmt::print("{} events of {} threads, {}: {} findings\n", grouped(t.events), t.threads.size(),
             duration(p.trace.last() - p.trace.first()), p.found.findings.size());
  for (const finding& f : p.found.findings) {
    fmt::print("\n{} {}\n",
               in_colour(fmt::format("{} ({})", f.rule, name_of(f.how)),
                         f.how == weight::error ? colour::red : colour::yellow),
               title(t, f.site));
    fmt::print("  {:.6f} s to {:.6f} s, about {} lost\n", static_cast<double>(f.from) / 1e9,
               static_cast<double>(f.to) / 1e9, duration(f.lost));
    fmt::print("  {}\n  {}\n", f.what, f.advice);
    if (f.ids.empty()) continue;
    fmt::print("  tasks:");
    for (const std::uint64_t id : f.ids) fmt::print(" {:#x}", id);
    fmt::print("\n");
  }
  if (!p.found.silent.empty()) fmt::print("\nnot enough data:\n");
  for (const silence& s : p.found.silent) fmt::print("  {:<22}{}\n", s.rule, s.why);
}

void print_json(const practice& p) {
  const trace_file& t = p.trace.trace();
  json out;
  out.object();
  p.trace.describe(out);
  out.key("findings").array();
  for (const finding& f : p.found.findings) {
    out.object().field("rule", f.rule).field("weight", name_of(f.how)).field("lost_ns", f.lost);
    out.field("name", std::string_view{site_name(t, f.site)});
    out.field("place", std::string_view{place(t, f.site)});
    out.field("from_ns", f.from).field("to_ns", f.to).key("tasks").array();
    for (const std::uint64_t id : f.ids) out.value(id);
    out.close().field("what", std::string_view{f.what}).field("advice", std::string_view{f.advice}).close();
  }
  out.close().key("not_enough_data").array();
  for (const silence& s : p.found.silent)
    out.object().field("rule", s.rule).field("why", std::string_view{s.why}).close();
  fmt::print("{}", out.finish());
}

int doctor(const doctor_options& o) {
  const auto p = std::make_unique<practice>(o);
  p->run();
  if (o.json)
    print_json(*p);
  else
    print(*p);
  const int whole = p->trace.end(o.json);
  if (whole != clean) return whole;
  const weight least = weights.at(o.fail_on);
  return std::ranges::any_of(p->found.findings, [&](const finding& f) { return f.how >= least; }) ? findings : clean;
}

std::function<int()> declare(CLI::App& app) {
  auto o = std::make_shared<doctor_options>();
  app.add_option("FILE", o->file, "a trace (.wtr)")->required();
  app.add_option("--fail-on", o->fail_on, "the least weight that makes the status 3")
      ->check(CLI::IsMember({"note", "warning", "error"}))
      ->capture_default_str();
  app.add_option("--without", o->without, "rules that are not asked")->delimiter(',');
  app.add_flag("--json", o->json, "write JSON");
  return [o] { return doctor(*o); };
}

}  // namespace

namespace verbs {
const verb doctor{"doctor", "Which known mistakes does this program make? Ranked by the time they cost",
                  "  weir doctor run.wtr                       # status 3: there are findings\n"
                  "  weir doctor --fail-on error run.wtr       # only those\n"
                  "  weir doctor --without tiny-jobs run.wtr\n",
                  declare};
}  // namespace verbs

}  // namespace weir_tool

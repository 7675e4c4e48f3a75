#include "run.hpp"

#include <sys/resource.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>

#include "child_process.hpp"
#include "failure.hpp"
#include "measure.hpp"
#include "report.hpp"

namespace account_sync {
namespace {

/// The partner has descriptors for whatever the shapes open.
void lift_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

int be_partner(const options& o, int pipe) {
  lift_descriptor_limit();
  serve_as_partner(o.in, [pipe](partner_ports ports) { send_report(pipe, ports); });
  return success;
}

/// In virtual time there is none.
class started_partner {
 public:
  started_partner(const options& o, stop_signals& stop) {
    if (o.in_virtual_time) return;
    process_ = std::make_unique<child_process>("partner", [&o](int pipe) { return be_partner(o, pipe); });
    ports_ = process_->receive<partner_ports>(stop);
  }
  [[nodiscard]] partner_ports ports() const noexcept { return ports_; }

 private:
  std::unique_ptr<child_process> process_;
  partner_ports ports_;
};

outcome measure(shape s, const options& o, partner_ports at, stop_signals& stop) {
  child_process shape_process{
      name_of(s), [&](int pipe) {
        send_report(pipe, o.in_virtual_time ? measure_in_virtual_time(s, o) : measure_in_real_time(s, o, at));
        return success;
      }};
  return shape_process.receive<outcome>(stop);
}

void write_json(const options& o, const std::vector<outcome>& all, std::ofstream& file) {
  std::ostream& to = o.json == "-" ? std::cout : file;
  if (!(to << to_json(all)).flush()) throw failure::from_errno(bad_output, "cannot write to " + o.json);
}

int publish(const options& o, const std::vector<outcome>& all, std::ofstream& json) {
  std::FILE* const table = o.json == "-" ? stderr : stdout;
  print_table(o, all, table);
  if (std::fflush(table) != 0) throw failure::from_errno(bad_output, "cannot write the report");
  if (!o.json.empty()) write_json(o, all, json);
  for (const outcome& out : all) {
    if (!out.balances())
      throw failure{broken_identity, std::string{name_of(out.what)} + ": accounts are missing in the books"};
    if (out.stopped_by != 0) return interrupted + out.stopped_by;
  }
  return success;
}

}  // namespace

int run(const options& o) {
  stop_signals stop;
  std::ofstream json;
  if (!o.json.empty() && o.json != "-") {
    json.open(o.json);  // now, not after two minutes
    if (!json) throw failure::from_errno(bad_output, "cannot open " + o.json);
  }
  std::vector<outcome> all;
  {
    const started_partner partner{o, stop};
    for (const shape s : o.run) {
      if (stop.received() != 0) throw failure{interrupted + stop.received(), "stopped by a signal"};
      try {
        all.push_back(measure(s, o, partner.ports(), stop));
      } catch (const failure&) {  // the figures of the others are not lost with it
        if (!all.empty()) static_cast<void>(publish(o, all, json));
        throw;
      }
      if (all.back().stopped_by != 0) break;
    }
  }
  return publish(o, all, json);
}

}  // namespace account_sync

// `weir stats --json`: everything, times in ns.
#include <fmt/format.h>

#include "stats/figures.hpp"
#include "units.hpp"

namespace weir_tool {
namespace {

void put(json& to, const char* name, const spread& s) {
  to.key(name).object().field("count", s.count()).field("sum_ns", s.sum()).field("p50_ns", s.at(0.5));
  to.field("p99_ns", s.at(0.99)).field("max_ns", s.largest()).close();
}

void put_site(json& to, const figures& f, std::uint32_t site) {
  const trace_file& t = f.trace.trace();
  to.field("name", std::string_view{site_name(t, site)}).field("place", std::string_view{place(t, site)});
}

void put_workers(json& to, const figures& f) {
  to.key("workers").array();
  for (const auto& [key, t] : f.workers.times()) {
    to.object().field("runtime", key.first).field("index", key.second).field("run_ns", t.run);
    to.field("look_ns", t.look).field("idle_ns", t.idle).field("out_ns", t.out).field("wall_ns", t.wall()).close();
  }
  to.close();
}

void put_work(json& to, const figures& f) {
  to.key("work").array();
  for (const auto& [key, r] : f.done.rows()) {
    to.object().field("kind", name_of(key.first));
    put_site(to, f, key.second);
    to.field("started", r.started).field("ended", r.ended).field("failed", r.failed).field("cancelled", r.cancelled);
    to.field("alive", r.alive).field("peak", r.peak);
    put(to, "queued", r.queued);
    put(to, "run", r.run);
    put(to, "waits", r.waits);
    put(to, "ready", r.ready);
    to.close();
  }
  to.close().key("waits").object();
  for (const auto& [cause, s] : f.done.waits()) put(to, name_of(cause), s);
  to.close();
}

void put_goods(json& to, const figures& f) {
  to.key("queues").array();
  for (const auto& [site, q] : f.stock.queues()) {
    to.object();
    put_site(to, f, site);
    to.field("queues", q.queues).field("capacity", q.capacity).field("pushed", q.pushed).field("popped", q.popped);
    to.field("dropped", q.dropped).field("full", q.full).field("high", q.high);
    put(to, "send_waits", waits_under(f, site, wait_cause::queue_send));
    put(to, "receive_waits", waits_under(f, site, wait_cause::queue_receive));
    to.close();
  }
  to.close().key("limiters").array();
  for (const auto& [site, l] : f.stock.limiters()) {
    to.object();
    put_site(to, f, site);
    to.field("limit", l.limit).field("grants", l.taken).field("units", l.units).field("waited", l.waited);
    to.field("high", l.high);
    put(to, "waits", waits_under(f, site, wait_cause::limiter));
    to.close();
  }
  to.close();
}

void put_machine(json& to, const machine& m) {
  to.key("reactor").object().field("ticks", m.ticks).field("continuations", m.continuations);
  to.field("harvested", m.harvested).field("cpu_ns", m.reactor_cpu);
  put(to, "lag", m.lag);
  put(to, "turn", m.turn);
  to.close().key("operations").array();
  for (const auto& [kind, row] : m.io) {
    to.object().field("kind", machine::io_kinds.at(kind)).field("failed", row.failed);
    to.field("cancelled", row.cancelled).field("in_place", row.in_place);
    put(to, "took", row.took);
    to.close();
  }
  to.close();
  put(to, "timers_late", m.late);
  put(to, "blocking", m.blocking);
  to.key("stolen").object();
  for (const auto& [kind, n] : m.steals)
    to.field(kind < machine::steal_kinds.size() ? machine::steal_kinds.at(kind) : "other", n);
  to.close().key("counters").array();
  for (const auto& [key, c] : m.counters) {
    to.object().field("runtime", key.first).field("what", name_of(key.second));
    to.field("first", c.first).field("last", c.last).field("largest", c.largest).close();
  }
  to.close();
}

}  // namespace

void print_json(const figures& f) {
  json out;
  out.object();
  f.trace.describe(out);
  out.field("cost_share", f.cost_share());
  put_workers(out, f);
  put_work(out, f);
  put_goods(out, f);
  put_machine(out, f.rest);
  fmt::print("{}", out.finish());
}

}  // namespace weir_tool

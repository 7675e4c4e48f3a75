// Perfetto's trace: packets of one sequence. The numbers are those of perfetto/trace/*.proto.
#include <string>
#include <unordered_map>

#include "convert/formats.hpp"
#include "convert/protobuf.hpp"

namespace weir_tool {
namespace {

namespace packet {
constexpr unsigned timestamp = 8, sequence = 10, track_event = 11, interned = 12, flags = 13, descriptor = 60;
constexpr unsigned state_cleared = 1, needs_state = 2;
}  // namespace packet
namespace track_event {
constexpr unsigned annotation = 4, type = 9, name_iid = 10, track = 11, counter_value = 30, flow = 47, flow_end = 48;
constexpr unsigned begin = 1, end = 2, instant = 3, counter = 4;
}  // namespace track_event
namespace descriptor {
constexpr unsigned uuid = 1, name = 2, process = 3, thread = 4, parent = 5, counter = 8;
}

class perfetto_sink : public sink {
 public:
  perfetto_sink(const trace_file& trace, output_file& out)
      : out_{out}, pid_{trace.header.pid}, start_{trace.header.start.boottime} {
    message process;
    process.number(1, pid_).text(6, text_of(trace.header.program.data(), trace.header.program.size()));
    describe(message{}.number(descriptor::uuid, process_uuid).nested(descriptor::process, process));
  }

  void track(track_id t, track_kind kind, std::string_view name, std::uint32_t tid) override {
    message d;
    d.number(descriptor::uuid, t + process_uuid).number(descriptor::parent, process_uuid);
    if (kind == track_kind::thread)
      d.nested(descriptor::thread, message{}.number(1, pid_).number(2, tid).text(5, name));
    else
      d.text(descriptor::name, name);
    if (kind == track_kind::counter) d.nested(descriptor::counter, message{});
    describe(d);
  }

  void begin(track_id t, std::int64_t at, std::string_view name, std::span<const argument> args,
             std::uint64_t flow) override {
    message e = event(t, track_event::begin, name, args);
    if (flow != 0) e.fixed64(track_event::flow_end, flow);
    put(at, e);
  }
  void end(track_id t, std::int64_t at, std::span<const argument> args) override {
    put(at, event(t, track_event::end, {}, args));
  }
  void instant(track_id t, std::int64_t at, std::string_view name, std::span<const argument> args) override {
    put(at, event(t, track_event::instant, name, args));
  }
  void counter(track_id t, std::int64_t at, std::int64_t value) override {
    put(at,
        event(t, track_event::counter, {}, {}).number(track_event::counter_value, static_cast<std::uint64_t>(value)));
  }
  void flow(track_id t, std::int64_t at, std::string_view name, std::uint64_t flow, bool) override {
    put(at, event(t, track_event::instant, name, {}).fixed64(track_event::flow, flow));
  }
  void finish() override { write_out(); }

 private:
  static constexpr std::uint64_t process_uuid = 1;

  message event(track_id t, unsigned type, std::string_view name, std::span<const argument> args) {
    message e;
    e.number(track_event::type, type).number(track_event::track, t + process_uuid);
    if (!name.empty()) e.number(track_event::name_iid, iid(names_, 2, name));
    for (const argument& a : args) {
      message one;
      one.number(1, iid(keys_, 3, a.name));
      if (a.text.empty())
        one.number(4, static_cast<std::uint64_t>(a.number));
      else
        one.text(6, a.text);
      e.nested(track_event::annotation, one);
    }
    return e;
  }

  using interned = std::unordered_map<std::string, std::uint64_t>;

  /// A name that is new goes into the packet that is being made.
  std::uint64_t iid(interned& known, unsigned field, std::string_view name) {
    const auto [at, fresh] = known.try_emplace(std::string{name}, known.size() + 1);
    if (fresh) new_names_.nested(field, message{}.number(1, at->second).text(2, name));
    return at->second;
  }

  void put(std::int64_t at, const message& e) {
    message p;
    p.number(packet::timestamp, start_ + static_cast<std::uint64_t>(at)).number(packet::sequence, 1);
    p.number(packet::flags, packet::needs_state).nested(packet::track_event, e);
    if (!new_names_.empty()) p.nested(packet::interned, new_names_);
    new_names_ = {};
    append(p);
  }

  void describe(const message& d) {
    message p;
    p.number(packet::sequence, 1).number(packet::flags, first_ ? packet::state_cleared : packet::needs_state);
    first_ = false;
    append(p.nested(packet::descriptor, d));
  }

  void append(const message& p) {
    constexpr std::size_t enough = 1U << 16;
    file_.nested(1, p);
    if (file_.bytes().size() >= enough) write_out();
  }

  void write_out() {
    out_.write(file_.bytes());
    file_ = {};
  }

  output_file& out_;
  std::uint32_t pid_;
  std::uint64_t start_;
  bool first_ = true;
  interned names_;
  interned keys_;
  message new_names_;
  message file_;
};

}  // namespace

std::unique_ptr<sink> make_perfetto_sink(const trace_file& trace, output_file& out) {
  return std::make_unique<perfetto_sink>(trace, out);
}

}  // namespace weir_tool

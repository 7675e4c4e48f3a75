// The JSON that chrome://tracing reads, and others. One event per line, in time order.
#include <fmt/format.h>

#include <iterator>
#include <string>
#include <unordered_map>

#include "convert/formats.hpp"
#include "json.hpp"

namespace weir_tool {
namespace {

class chrome_sink : public sink {
 public:
  chrome_sink(const trace_file& trace, output_file& out) : out_{out}, pid_{trace.header.pid} {
    const auto& program = trace.header.program;
    text_ = fmt::format(R"({{"displayTimeUnit":"ns","otherData":{{"events":{},"lost":{}}},"traceEvents":[)"
                        "\n"
                        R"({{"ph":"M","pid":{},"tid":0,"name":"process_name","args":{{"name":{}}}}})",
                        trace.events, trace.lost + trace.homeless + trace.overwritten, pid_,
                        quoted(text_of(program.data(), program.size())));
  }

  void track(track_id t, track_kind kind, std::string_view name, std::uint32_t tid) override {
    tracks_[t] = {kind, tid, std::string{name}};
    if (kind != track_kind::thread) return;
    put(R"({{"ph":"M","pid":{},"tid":{},"name":"thread_name","args":{{"name":{}}}}})", pid_, tid, quoted(name));
  }

  void begin(track_id t, std::int64_t at, std::string_view name, std::span<const argument> args,
             std::uint64_t flow) override {
    event(t, at, "B", "b", name, args);
    if (flow != 0) arrow(t, at, "f", flow);
  }

  void end(track_id t, std::int64_t at, std::span<const argument> args) override { event(t, at, "E", "e", {}, args); }

  void instant(track_id t, std::int64_t at, std::string_view name, std::span<const argument> args) override {
    event(t, at, "i", "n", name, args);
  }

  void counter(track_id t, std::int64_t at, std::int64_t value) override {
    put(R"({{"ph":"C","pid":{},"ts":{},"name":{},"args":{{"value":{}}}}})", pid_, time(at), quoted(tracks_[t].name),
        value);
  }

  void flow(track_id t, std::int64_t at, std::string_view name, std::uint64_t flow, bool in_slice) override {
    if (!in_slice) {  // an arrow needs a slice to begin in
      event(t, at, "B", "b", name, {});
      arrow(t, at, "s", flow);
      return event(t, at, "E", "e", {}, {});
    }
    arrow(t, at, "s", flow);
  }

  void finish() override {
    text_ += "\n]}\n";
    out_.write(text_);
    text_.clear();
  }

 private:
  struct track_data {
    track_kind kind = track_kind::thread;
    std::uint32_t tid = 0;
    std::string name;
  };

  static std::string time(std::int64_t ns) { return fmt::format("{}.{:03}", ns / 1000, ns % 1000); }

  template <class... Parts>
  void put(fmt::format_string<Parts...> format, Parts&&... parts) {
    constexpr std::size_t enough = 1U << 16;
    text_ += ",\n";
    fmt::format_to(std::back_inserter(text_), format, std::forward<Parts>(parts)...);
    if (text_.size() < enough) return;
    out_.write(text_);
    text_.clear();
  }

  void event(track_id t, std::int64_t at, const char* on_thread, const char* async, std::string_view name,
             std::span<const argument> args) {
    const track_data& track = tracks_[t];
    std::string more = name.empty() ? std::string{} : ",\"name\":" + quoted(name);
    if (track.kind == track_kind::async) {
      // The viewer puts the same name and id on one track; the name of an end is that of what it ends.
      more += fmt::format(R"(,"cat":{},"id":{})", quoted(track.name), t);
    } else if (*on_thread == 'i') {
      more += R"(,"s":"t")";
    }
    more += arguments(args);
    put(R"({{"ph":"{}","pid":{},"tid":{},"ts":{}{}}})", track.kind == track_kind::async ? async : on_thread, pid_,
        track.tid, time(at), more);
  }

  static std::string arguments(std::span<const argument> args) {
    if (args.empty()) return {};
    std::string text = ",\"args\":{";
    for (const argument& a : args)
      text += (text.back() == '{' ? "" : ",") + quoted(a.name) + ':' +
              (a.text.empty() ? std::to_string(a.number) : quoted(a.text));
    return text + '}';
  }

  void arrow(track_id t, std::int64_t at, const char* which, std::uint64_t flow) {
    put(R"({{"ph":"{}","pid":{},"tid":{},"ts":{},"cat":"flow","name":"wake","id":{}{}}})", which, pid_, tracks_[t].tid,
        time(at), flow, *which == 'f' ? R"(,"bp":"e")" : "");
  }

  output_file& out_;
  std::uint32_t pid_;
  std::unordered_map<track_id, track_data> tracks_;
  std::string text_;
};

}  // namespace

std::unique_ptr<sink> make_chrome_sink(const trace_file& trace, output_file& out) {
  return std::make_unique<chrome_sink>(trace, out);
}

}  // namespace weir_tool

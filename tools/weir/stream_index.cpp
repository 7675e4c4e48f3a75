// The index of a stream: block after block, each with its checksum; after a damaged header, the search for the next.
#include <array>
#include <cstddef>
#include <cstring>

#include "trace/crc32.hpp"
#include "trace_file.hpp"

namespace weir_tool {
namespace {

constexpr std::uint32_t most_bytes = 8U << 20;

struct sums {
  std::uint64_t events = 0;
  std::uint64_t lost = 0;
  std::uint64_t homeless = 0;
};

class stream_reader {
 public:
  stream_reader(trace_file& trace, read_options options) : trace_{trace}, options_{options} {}

  void run() {
    while (at_ < trace_.in.size() && !closed_) block();
    if (!closed_) trace_.damaged(at_, "truncated: the writer was stopped before it could end the file");
    if (closed_ && at_ < trace_.in.size()) trace_.damaged(at_, "there is something after the end of the trace");
  }

 private:
  void block() {
    format::block_header h;
    if (!trace_.in.get(at_, h)) {
      trace_.damaged(at_, "truncated inside a block's header");
      at_ = trace_.in.size();
      return;
    }
    if (!whole(h)) {
      search();
      return;
    }
    const std::uint64_t payload_at = at_ + sizeof h;
    if (h.bytes > trace_.in.size() - payload_at) {
      trace_.damaged(at_, "truncated inside a block of " + std::to_string(h.bytes) + " bytes");
      at_ = trace_.in.size();
      return;
    }
    at_ = payload_at + h.bytes;
    if (h.bytes > most_bytes || h.bytes % 8 != 0) {
      trace_.damaged(payload_at, "a block of " + std::to_string(h.bytes) + " bytes");
      return;
    }
    payload_.resize(h.bytes);
    if (trace_.in.read(payload_at, payload_.data(), h.bytes) != h.bytes) {
      trace_.damaged(payload_at, "the file became shorter while it was read");
    } else if (options_.check_crc && format::crc32(payload_.data(), h.bytes) != h.crc) {
      trace_.damaged(payload_at, "a block's checksum is wrong: its " + std::to_string(h.bytes) + " bytes are left out");
    } else {
      contents(h, payload_at);
    }
  }

  [[nodiscard]] bool whole(const format::block_header& h) const {
    return h.magic == format::block_magic &&
           (!options_.check_crc || format::crc32(&h, offsetof(format::block_header, header_crc)) == h.header_crc);
  }

  /// From the byte after a damaged header to the next whole one.
  void search() {
    const std::uint64_t from = at_;
    std::array<char, 1U << 16> window{};
    for (std::uint64_t base = at_ + 1; base < trace_.in.size(); base += window.size() - 3) {
      const std::size_t got = trace_.in.read(base, window.data(), window.size());
      for (std::size_t i = 0; i + 4 <= got; ++i) {
        std::uint32_t word = 0;
        std::memcpy(&word, window.data() + i, sizeof word);
        format::block_header h;
        if (word != format::block_magic || !trace_.in.get(base + i, h) || !whole(h)) continue;
        trace_.damaged(from, "a damaged block header: " + std::to_string(base + i - from) + " bytes are skipped");
        at_ = base + i;
        return;
      }
    }
    trace_.damaged(from, "a damaged block header, and no whole one after it");
    at_ = trace_.in.size();
  }

  /// A block of another generation than the last one: what was counted belongs to that one.
  void turn_to(std::uint64_t generation) {
    if (generation == current_) return;
    if (open_) trace_.damaged(at_, "generation " + std::to_string(current_) + " has no end");
    current_ = generation;
    generation_ = {};
    open_ = true;
    ++trace_.generations;
  }

  void contents(const format::block_header& h, std::uint64_t offset) {
    using enum format::block_kind;
    if (h.kind != file_end) turn_to(h.generation);
    switch (h.kind) {
      case begin:
        sync(offset);
        break;
      case sites:
        read_sites(offset);
        break;
      case threads:
        read_threads();
        break;
      case events:
        read_events(h, offset);
        break;
      case end:
        generation_end(offset);
        break;
      case file_end:
        totals(offset);
        break;
      default:
        break;  // a later minor version's
    }
  }

  template <class T>
  bool fixed(T& object, std::uint64_t offset) {
    if (payload_.size() < sizeof object) {
      trace_.damaged(offset, "a block that is too short for its kind");
      return false;
    }
    std::memcpy(&object, payload_.data(), sizeof object);
    return true;
  }

  void sync(std::uint64_t offset) {
    format::sync_point point;
    if (fixed(point, offset)) trace_.syncs.push_back(point);
  }

  void read_sites(std::uint64_t offset) {
    for (std::size_t at = 0; at < payload_.size();) {
      format::site_entry e;
      if (payload_.size() - at < sizeof e) return trace_.damaged(offset + at, "a site entry beyond its block");
      std::memcpy(&e, payload_.data() + at, sizeof e);
      at += sizeof e;
      const std::size_t text = std::size_t{e.name_bytes} + e.file_bytes;
      if (payload_.size() - at < text) return trace_.damaged(offset + at, "a site entry beyond its block");
      const char* const name = payload_.data() + at;
      trace_.sites[e.site] = {{name, e.name_bytes}, {name + e.name_bytes, e.file_bytes}, e.line, e.kind};
      at += (text + 7) / 8 * 8;
    }
  }

  void read_threads() {
    format::thread_entry e;
    for (std::size_t at = 0; at + sizeof e <= payload_.size(); at += sizeof e) {
      std::memcpy(&e, payload_.data() + at, sizeof e);
      trace_.threads[e.thread] = {e.tid, text_of(e.name.data(), e.name.size())};
    }
  }

  void read_events(const format::block_header& h, std::uint64_t offset) {
    if (h.bytes % sizeof(format::event_record) != 0)
      return trace_.damaged(offset, "a block of events of " + std::to_string(h.bytes) + " bytes");
    const auto count = static_cast<std::uint32_t>(h.bytes / sizeof(format::event_record));
    std::uint64_t lost = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      format::event_record e;
      std::memcpy(&e, payload_.data() + i * sizeof e, sizeof e);
      if (e.what == 0) return trace_.damaged(offset + i * sizeof e, "an event of type 0: its block is left out");
      if (e.what == static_cast<unsigned>(weir::detail::event::lost)) lost += e.arg;
    }
    generation_.events += count;
    generation_.lost += lost;
    trace_.events += count;
    trace_.lost += lost;
    const auto [place, fresh] = lane_of_.try_emplace(h.thread, trace_.lanes.size());
    if (fresh) trace_.lanes.emplace_back();
    trace_.lanes[place->second].extents.push_back({offset, 0, count, h.thread});
  }

  void generation_end(std::uint64_t offset) {
    format::generation_end e;
    if (!fixed(e, offset)) return;
    trace_.syncs.push_back(e.sync);
    trace_.homeless += e.homeless;
    generation_.homeless = e.homeless;
    compare(offset, "a generation", {e.events, e.lost, e.homeless}, generation_);
    file_.events += generation_.events;
    file_.lost += generation_.lost;
    file_.homeless += e.homeless;
    ++ended_;
    open_ = false;
  }

  void totals(std::uint64_t offset) {
    closed_ = true;
    format::file_totals t;
    if (!fixed(t, offset)) return;
    if (t.generations != ended_)
      trace_.damaged(offset, std::to_string(t.generations) + " generations were written, " + std::to_string(ended_) +
                                 " can be read");
    compare(offset, "the file", {t.events, t.lost, t.homeless}, file_);
  }

  void compare(std::uint64_t offset, const char* whose, sums said, sums found) {
    if (said.events != found.events || said.lost != found.lost || said.homeless != found.homeless)
      trace_.damaged(offset, std::string{"the end of "} + whose + " counts " + std::to_string(said.events) +
                                 " events and " + std::to_string(said.lost) + " lost ones; " +
                                 std::to_string(found.events) + " and " + std::to_string(found.lost) + " can be read");
  }

  trace_file& trace_;
  read_options options_;
  std::uint64_t at_ = trace_.header.header_bytes;
  bool closed_ = false;
  std::vector<char> payload_;
  std::unordered_map<std::uint32_t, std::size_t> lane_of_;
  sums generation_;
  sums file_;
  std::uint64_t current_ = 0;  // generation
  bool open_ = false;          // it has no end yet
  std::uint64_t ended_ = 0;
};

}  // namespace

void index_stream(trace_file& trace, read_options options) { stream_reader{trace, options}.run(); }

}  // namespace weir_tool

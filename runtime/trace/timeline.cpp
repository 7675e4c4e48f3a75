#include "trace/timeline.hpp"

#include <algorithm>
#include <utility>

#include "trace/slices.hpp"
#include "trace/spans.hpp"

namespace weir::inline v0::tracing {
namespace {

using detail::event;

std::string_view kind_name(event what) noexcept {
  switch (what) {
    case event::spawn:
      return "queued";
    case event::begin:
      return "job";
    case event::end:
      return "end";
    case event::suspend:
      return "wait";
    case event::wake:
      return "wake";
    case event::resume:
      return "task";
    case event::steal:
      return "steal";
    case event::park:
      return "parked";
    case event::unpark:
      return "unpark";
    case event::post:
      return "post";
    case event::queue_full:
      return "queue full";
    case event::depth:
      return "depth";
    case event::io_submit:
      return "io";
    case event::io_complete:
      return "io complete";
    case event::tick:
      return "reactor turn";
    case event::timer_fire:
      return "timer";
    case event::blocking_begin:
      return "blocking";
    case event::blocking_end:
      return "blocking end";
    case event::mark:
      return "mark";
  }
  return "unknown";
}

// An event with its time in nanoseconds and its thread; sorted for the spans.
struct timed {
  std::uint64_t ns;
  int tid;
  record event;
};

// Stable: what one thread did at the same nanosecond stays in order.
template <class T>
void sort_by_time(std::vector<T>& items) {
  std::vector<std::pair<std::uint64_t, std::size_t>> order(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) order[i] = {items[i].ns, i};
  std::sort(order.begin(), order.end());
  std::vector<T> sorted;
  sorted.reserve(items.size());
  for (const auto& [ns, i] : order) sorted.push_back(items[i]);
  items.swap(sorted);
}

class builder {
 public:
  explicit builder(const capture& from) noexcept : from_{from}, last_{ns(from.end.ticks)} {}

  timeline build() && {
    std::vector<timed> all;
    for (const track& t : from_.tracks) add_slices(t, all);
    sort_by_time(all);
    add_spans(all);
    sort_by_time(out_.entries);
    return std::move(out_);
  }

 private:
  std::uint64_t ns(std::uint64_t ticks) const noexcept { return ns_since(from_.begin, from_.end, ticks); }

  std::string_view name(const record& r) const noexcept {
    const std::string_view text = from_.names == nullptr ? std::string_view{} : from_.names->text_of(r.name);
    return text.empty() ? kind_name(r.what) : text;
  }

  void add_slices(const track& t, std::vector<timed>& all) {
    slice_stack slices{out_.entries, t.tid};
    std::uint64_t now = 0;
    for (const record& r : t.events) {
      now = std::max(now, ns(r.ticks));  // one thread's time does not run backwards
      all.push_back({now, t.tid, r});
      add_to_thread(slices, now, t.tid, r);
    }
    last_ = std::max(last_, now);
    slices.finish(last_);
  }

  void add_to_thread(slice_stack& slices, std::uint64_t now, int tid, const record& r) {
    bool shown = true;
    switch (r.what) {
      case event::begin:
      case event::resume:
        slices.open(now, "run", name(r), r.id, r.arg);
        break;
      case event::suspend:
      case event::end:
        slices.close(now, "run", r.id, r.arg);
        break;
      case event::park:
        slices.open(now, slice_stack::parked, name(r), r.id, r.arg);
        break;
      case event::unpark:
        shown = slices.close(now, slice_stack::parked, r.id, r.arg);
        break;
      case event::blocking_begin:
        slices.open(now, "blocking", name(r), r.id, r.arg);
        break;
      case event::blocking_end:
        slices.close(now, "blocking", r.id, r.arg);
        break;
      case event::spawn:
      case event::io_submit:
      case event::io_complete:
        break;  // spans only
      case event::tick:
      case event::depth:
        out_.entries.push_back({now, phase::counter, tid, "counter", name(r), r.id, r.arg, false});
        break;
      default:
        shown = false;
    }
    if (!shown) out_.entries.push_back({now, phase::instant, tid, "event", name(r), r.id, r.arg, false});
  }

  void add_spans(const std::vector<timed>& all) {
    span_pairs queued{out_.entries, "queued"};
    span_pairs waits{out_.entries, "wait"};
    span_pairs io{out_.entries, "io"};
    for (const auto& [now, tid, r] : all) {
      switch (r.what) {
        case event::spawn:
          queued.begin(now, tid, name(r), r.id, r.arg);
          break;
        case event::begin:
          queued.end(now, r.id, r.arg);
          break;
        case event::suspend:
          waits.begin(now, tid, name(r), r.id, r.arg);
          break;
        case event::resume:
          waits.end(now, r.id, r.arg);
          break;
        case event::io_submit:
          io.begin(now, tid, name(r), r.id, r.arg);
          break;
        case event::io_complete:
          io.end(now, r.id, r.arg);
          break;
        default:
          break;
      }
    }
    for (span_pairs* pairs : {&queued, &waits, &io}) out_.reordered += pairs->finish(last_);
  }

  const capture& from_;
  std::uint64_t last_;
  timeline out_;
};

}  // namespace

timeline make_timeline(const capture& from) { return builder{from}.build(); }

}  // namespace weir::inline v0::tracing

#include "event.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace weir_tool {
namespace {

using enum event;
constexpr std::pair<event, const char*> names[] = {{lost, "LOST"},
                                                   {mark, "MARK"},
                                                   {spawn, "SPAWN"},
                                                   {begin, "BEGIN"},
                                                   {end, "END"},
                                                   {suspend, "SUSPEND"},
                                                   {wake, "WAKE"},
                                                   {resume, "RESUME"},
                                                   {stop_request, "STOP_REQUEST"},
                                                   {detach, "DETACH"},
                                                   {dropped, "DROPPED"},
                                                   {unobserved, "UNOBSERVED"},
                                                   {group_begin, "GROUP_BEGIN"},
                                                   {group_settle, "GROUP_SETTLE"},
                                                   {group_end, "GROUP_END"},
                                                   {member, "MEMBER"},
                                                   {enter, "ENTER"},
                                                   {leave, "LEAVE"},
                                                   {park, "PARK"},
                                                   {unpark, "UNPARK"},
                                                   {steal, "STEAL"},
                                                   {block_begin, "BLOCK_BEGIN"},
                                                   {block_end, "BLOCK_END"},
                                                   {io_submit, "IO_SUBMIT"},
                                                   {io_complete, "IO_COMPLETE"},
                                                   {tick, "TICK"},
                                                   {timer_arm, "TIMER_ARM"},
                                                   {timer_fire, "TIMER_FIRE"},
                                                   {limit, "LIMIT"},
                                                   {permit_wait, "PERMIT_WAIT"},
                                                   {permit_take, "PERMIT_TAKE"},
                                                   {permit_give, "PERMIT_GIVE"},
                                                   {queue_open, "QUEUE_OPEN"},
                                                   {queue_push, "QUEUE_PUSH"},
                                                   {queue_pop, "QUEUE_POP"},
                                                   {queue_full, "QUEUE_FULL"},
                                                   {queue_high, "QUEUE_HIGH"},
                                                   {queue_low, "QUEUE_LOW"},
                                                   {queue_close, "QUEUE_CLOSE"},
                                                   {counter, "COUNTER"}};

}  // namespace

std::string name_of(event what) {
  const auto* const found = std::ranges::find(names, what, [](const auto& pair) { return pair.first; });
  return found != std::end(names) ? found->second : "type_" + std::to_string(static_cast<unsigned>(what));
}

const char* name_of(wait_cause cause) {
  static constexpr std::array texts{"other",     "timer",   "io",      "limiter",  "queue_send",    "queue_receive",
                                    "child",     "group",   "room",    "cpu_call", "blocking_call", "lock",
                                    "condition", "unknown", "unknown", "callback", "yield",         "move"};
  const auto n = static_cast<std::size_t>(cause);
  return n < texts.size() ? texts[n] : "unknown";
}

const char* name_of(counter_kind what) {
  static constexpr std::array texts{"unknown",          "jobs queued",  "jobs done",
                                    "jobs stolen",      "worker parks", "tasks alive",
                                    "I/O pending",      "timers armed", "blocking calls queued",
                                    "blocking threads", "pool bytes",   "pool blocks in use",
                                    "reactor turns",    "CPU, ns"};
  const auto n = static_cast<std::size_t>(what);
  return n < texts.size() ? texts[n] : "unknown";
}

}  // namespace weir_tool

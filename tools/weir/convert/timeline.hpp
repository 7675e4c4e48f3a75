// convert/timeline.hpp - from events to a timeline: what each thread ran, what each task, operation and group was at.
//
//   thread's track    BEGIN..END, RESUME..SUSPEND/END, BLOCK_BEGIN..BLOCK_END; instants
//   "tasks", "jobs"   one's life, and in it what it waits for, and from its wake-up to its resumption "ready"
//   "I/O", "groups"   IO_SUBMIT..IO_COMPLETE, GROUP_BEGIN..GROUP_END
//   "worker N"        from ENTER to LEAVE, and in it "idle" from PARK to UNPARK
//   counters          depth of queues, units in use, the reactor's lag, COUNTER
//   arrows            from the WAKE to the RESUME; from a job's SPAWN to its BEGIN
//
// Nothing is invented: what began before the recording begins with its first event, what is open at the end is closed
// there, and where events of a thread are lost its open slices end.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <unordered_map>
#include <vector>

#include "convert/sink.hpp"
#include "convert/tracks.hpp"
#include "event.hpp"
#include "trace_file.hpp"

namespace weir_tool {

class timeline {
 public:
  timeline(const trace_file& trace, sink& to);

  void see(const moment& m);
  void finish();

  /// Ends whose beginning is not in the trace.
  [[nodiscard]] std::uint64_t cut() const noexcept { return cut_; }

 private:
  struct life {
    track_id track = 0;
    std::uint32_t site = 0;
    std::uint64_t flow = 0;  // an arrow that is under way to it
    bool task = false;
    bool inner = false;  // a wait, or "ready", is open on the track
  };
  struct thing {  // an operation, a group, a worker's stay
    track_id track = 0;
    bool inner = false;
  };
  struct thread {
    track_id track = 0;
    std::vector<std::uint64_t> slices;  // ids; they nest
  };

  thread& thread_of(const moment& m);
  void open(const moment& m, std::uint64_t id, const std::string& name, std::uint64_t flow);
  bool close(const moment& m, std::uint64_t id);
  void close_all(const moment& m);

  life& alive(const moment& m, bool task);
  void inner(life& l, const std::string& name, std::uint64_t about);
  void end_inner(life& l);
  void tasks_and_jobs(const moment& m);
  void suspended(const moment& m);
  void woken(const moment& m);
  void resumed(const moment& m);
  void ended(const moment& m);

  void things(const moment& m);  // operations, groups, workers
  void start(std::unordered_map<std::uint64_t, thing>& in, std::uint64_t id, const std::string& track,
             const std::string& name, std::initializer_list<argument> args);
  void stop(std::unordered_map<std::uint64_t, thing>& in, std::uint64_t id, const std::string& track,
            std::initializer_list<argument> args);
  void worker(const moment& m);
  void measures(const moment& m);  // counters
  void count(const std::string& name, std::uint64_t about, std::uint64_t value);
  void notes(const moment& m);  // instants
  [[nodiscard]] std::string name_of_site(std::uint32_t site, const char* otherwise) const;

  const trace_file& trace_;
  sink& to_;
  tracks tracks_;
  std::int64_t now_ = 0;
  std::int64_t shift_ = 0;
  bool first_ = true;
  std::unordered_map<std::uint32_t, thread> threads_;
  std::unordered_map<std::uint64_t, life> lives_;
  std::unordered_map<std::uint64_t, thing> operations_;
  std::unordered_map<std::uint64_t, thing> groups_;
  std::unordered_map<std::uint64_t, thing> workers_;  // by runtime + index
  std::unordered_map<std::uint64_t, std::int64_t> in_use_;
  std::uint64_t flows_ = 0;
  std::uint64_t cut_ = 0;
};

}  // namespace weir_tool

// check/shifts.hpp - the laws of threads and workers: slices nest; a worker does one thing at a time.
//
//   thread   a stack of open slices, and of the workers that it is (a runtime may be used inside another one's job)
//   worker   out -ENTER-> looking <-PARK, UNPARK-> idle;  looking <-slices of its thread-> running;  -LEAVE-> out
//
// Times add up to the wall by counting; what can be wrong is a step from a state in which it cannot be taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "check/verdicts.hpp"

namespace weir_tool {

struct shift_times {
  std::int64_t run = 0;
  std::int64_t look = 0;
  std::int64_t idle = 0;
  std::int64_t out = 0;
  [[nodiscard]] std::int64_t wall() const { return run + look + idle + out; }
};

class shifts {
 public:
  using worker_key = std::pair<std::uint64_t, std::uint64_t>;  ///< runtime, index

  explicit shifts(verdicts& to) : to_{to} {}

  void see(const moment& m);

  /// After the last event: the workers' states end there.
  void finish(std::int64_t last);

  [[nodiscard]] const std::map<worker_key, shift_times>& times() const noexcept { return times_; }
  [[nodiscard]] std::uint64_t open_slices() const;

 private:
  enum class state : unsigned char { out, looking, idle, running };
  struct worker {
    state now = state::out;
    std::int64_t since = 0;
    std::int64_t first = 0;
    std::uint32_t thread = 0;
  };
  struct stay {
    worker_key who;
    std::size_t depth = 0;  // slices that were open when it entered
  };
  struct thread {
    std::vector<std::uint64_t> slices;
    std::vector<stay> entered;
    bool from_its_beginning = false;  // nothing was open when the recording began: it has entered since
  };

  void open(thread& t, const moment& m);
  void close(thread& t, const moment& m);
  void step(thread& t, const moment& m);  // ENTER, LEAVE, PARK, UNPARK
  void turn(const worker_key& key, state to, std::int64_t at);
  void run_or_look(thread& t, std::int64_t at);

  verdicts& to_;
  std::unordered_map<std::uint32_t, thread> threads_;
  std::map<worker_key, worker> workers_;
  std::map<worker_key, shift_times> times_;
};

}  // namespace weir_tool

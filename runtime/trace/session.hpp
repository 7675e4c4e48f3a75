// trace/session.hpp - one recording: its rings, where their events go, and the thread that looks after both. [floor:
// trace]
//
//   stream, summary   threads --write--> rings --drain, every 10 ms--> event_sink
//   flight            threads --write--> rings in a file             snapshot: a copy of them as a stream
//
// Threads    ring_for, move_in, count_homeless, lag: any that records. The rest: the recorder, under its mutex.
// Failure    A ring that cannot be allocated, or a file that cannot be written, ends the recording: the mask is
//            cleared, and the error is told once: on stderr at once, or by finish() (whoever started it asked for
//            that).
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/os_thread.hpp"
#include "trace/event_sink.hpp"
#include "trace/ring_store.hpp"
#include "trace/settings.hpp"

namespace weir::inline v0::tracing {

class session {
 public:
  /// Makes the files and starts the thread; nothing is recorded before open().
  /// Errors: std::system_error that names the file.
  session(settings s, bool tells_errors);
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  ~session();

  void open() noexcept;
  /// Stops recording and writes the rest. Once. Errors: what ended the recording early, unless it was told.
  void finish();
  /// Writes what the rings hold now to a file. Errors: std::system_error that names it.
  void snapshot(const std::string& path);
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] recorder_mode mode() const noexcept { return settings_.mode; }

  // What records: inside a visit that is open.
  [[nodiscard]] static session* now() noexcept { return running_.load(std::memory_order_relaxed); }
  [[nodiscard]] ring* ring_for(const char* thread_name) noexcept;
  void move_in(ring& to, const char* thread_name) noexcept;
  static void count_homeless() noexcept { homeless_.fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] static std::uint64_t homeless() noexcept { return homeless_.load(std::memory_order_relaxed); }
  [[nodiscard]] static std::uint32_t sample() noexcept { return sample_.load(std::memory_order_relaxed); }
  /// Counts recordings.
  [[nodiscard]] static std::uint32_t serial() noexcept { return serial_.load(std::memory_order_relaxed); }
  /// The reactor's lag; dumps a flight recorder when it is too long.
  void lag(std::uint64_t ns) noexcept;

 private:
  void loop() noexcept;
  void round();
  void drain(bool last);
  void tell_names(const ring& of);
  void look_after_flight();
  void dump();
  std::uint64_t pass_on(ring& from, std::uint64_t position, event_sink& to, bool ask_names) const;
  [[nodiscard]] std::vector<ring*> rings();
  void fail(std::exception_ptr why) noexcept;

  static inline constinit std::atomic<session*> running_{nullptr};
  static inline constinit std::atomic<std::uint64_t> homeless_{0};
  static inline constinit std::atomic<std::uint32_t> sample_{1};
  static inline constinit std::atomic<std::uint32_t> serial_{0};

  const settings settings_;
  const bool tells_errors_;
  const sync_point start_;
  std::string path_;
  std::unique_ptr<ring_store> store_;
  std::unique_ptr<event_sink> sink_;
  std::atomic<std::uint32_t> threads_{0};
  std::atomic<bool> told_{false};
  std::atomic<std::uint64_t> worst_lag_{0};

  // The thread's own, and finish()'s when it has ended.
  std::unordered_map<ring*, std::uint64_t> positions_;
  std::uint64_t rounds_ = 0;
  std::uint64_t last_sync_ = 0;
  std::uint64_t last_dump_ = 0;
  unsigned dumps_ = 0;

  std::mutex mutex_;  // guards the next three
  std::condition_variable changed_;
  bool stopping_ = false;
  std::exception_ptr failure_;
  base::os_thread thread_;
};

}  // namespace weir::inline v0::tracing

// rt/delayed_set.hpp - the delayed jobs of one runtime, so that shutdown can end them.         [floor: rt]
#pragma once

#include <weir/detail/delayed.hpp>

#include <mutex>

namespace weir::inline v0::detail {

class delayed_set {
 public:
  /// False: closed.
  [[nodiscard]] bool add(delayed& d) noexcept;
  void remove(delayed& d) noexcept;
  /// No further run is handed in; those that wait for their time end.
  void close() noexcept;
  /// Counts a job that close() has prevented.
  void note_cancelled() noexcept;
  /// How many jobs would have run, or run again, and will not because of close().
  [[nodiscard]] std::size_t cancelled() const noexcept;
  [[nodiscard]] std::size_t size() const noexcept;

 private:
  void link(delayed*& list, delayed& d) noexcept;
  void unlink(delayed& d) noexcept;

  mutable std::mutex mutex_;
  bool closed_ = false;
  delayed* first_ = nullptr;
  delayed* closing_ = nullptr;  // those that close() has seen
  std::size_t size_ = 0;
  std::size_t cancelled_ = 0;
};

}  // namespace weir::inline v0::detail

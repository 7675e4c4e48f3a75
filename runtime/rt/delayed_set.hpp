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
  /// No further delayed job starts; those that wait for their time end. Returns how many it cancelled.
  std::size_t close() noexcept;
  [[nodiscard]] std::size_t size() const noexcept;

 private:
  void link(delayed*& list, delayed& d) noexcept;
  void unlink(delayed& d) noexcept;

  mutable std::mutex mutex_;
  bool closed_ = false;
  delayed* first_ = nullptr;
  delayed* closing_ = nullptr;  // those that close() has cancelled
  std::size_t size_ = 0;
};

}  // namespace weir::inline v0::detail

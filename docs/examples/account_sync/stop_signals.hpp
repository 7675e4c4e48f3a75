// stop_signals.hpp - SIGINT and SIGTERM as something to poll, for a process that waits for its children.
#pragma once

namespace account_sync {

class stop_signals {
 public:
  /// Blocks both. Before any thread.   Errors  failure(no_resources)
  stop_signals();
  ~stop_signals();
  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;

  /// Readable when one has come.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  /// The one that came. Requires  the descriptor is readable.
  [[nodiscard]] int take() noexcept;

  /// In a child: they act as usual again.
  static void unblock() noexcept;

 private:
  int descriptor_;
};

}  // namespace account_sync

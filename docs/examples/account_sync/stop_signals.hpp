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
  /// The last one taken, or 0.
  [[nodiscard]] int received() const noexcept { return received_; }

  /// In a child that is ready for them: they act as usual again, also those that have come meanwhile.
  static void unblock() noexcept;

 private:
  int descriptor_;
  int received_ = 0;
};

}  // namespace account_sync

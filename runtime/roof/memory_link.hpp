// roof/memory_link.hpp - one direction of a pipe in memory.                                     [floor: roof]
//
//   write --bytes_--> (on their way) --arrive() at their time--> readable_ --> read
//
// bytes_ holds what is under way and what is unread; the first readable_ of them have arrived. Single-threaded.
#pragma once

#include <deque>
#include <memory>

#include <weir/testing/memory_io.hpp>

namespace weir::inline v0::detail {

class memory_link : public std::enable_shared_from_this<memory_link> {
 public:
  memory_link(testing::manual_runtime& rt, const testing::link_options& options)
      : rt_{&rt}, life_{rt.life()}, options_{options} {}

  /// The result of t if it need not wait.
  [[nodiscard]] bool try_now(memory_transfer& t);
  /// -EBUSY if another one waits already, otherwise 0: it waits.
  [[nodiscard]] std::int64_t wait(memory_transfer& t) noexcept;
  void withdraw(memory_transfer& t) noexcept;
  void close_reader();
  void close_writer();

 private:
  [[nodiscard]] bool read(memory_transfer& t);
  [[nodiscard]] bool write(memory_transfer& t);
  [[nodiscard]] time_point leaves(std::size_t bytes) noexcept;
  /// fn at that time, now if it is there.
  template <class F>
  void at(time_point t, F fn);
  void look_again(memory_transfer*& waiting);
  void cancel(memory_transfer*& waiting) noexcept;

  testing::manual_runtime* rt_;
  std::weak_ptr<const void> life_;
  const testing::link_options options_;
  std::deque<std::byte> bytes_;
  std::size_t readable_ = 0;
  time_point free_at_{};        ///< when the last byte so far has left
  bool reader_closed_ = false;  ///< at its own end ...
  bool writer_closed_ = false;
  bool no_reader_ = false;  ///< ... and as the other end knows
  bool ended_ = false;
  memory_transfer* reading_ = nullptr;
  memory_transfer* writing_ = nullptr;
};

}  // namespace weir::inline v0::detail

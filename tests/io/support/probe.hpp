// An operation whose completion a test thread can wait for.
#pragma once

#include <weir/detail/operation.hpp>

#include <atomic>
#include <cstdint>
#include <thread>

namespace weir_test {

class probe : public weir::detail::operation {
 public:
  explicit probe(kind k, int descriptor = -1, void* bytes = nullptr, std::size_t length = 0)
      : operation{k, [](operation& op) noexcept { static_cast<probe&>(op).finished(); }} {
    fd = descriptor;
    data = bytes;
    size = length;
    generation = 1;
  }
  explicit probe(std::chrono::steady_clock::time_point when) : probe{kind::sleep} { deadline = when; }

  /// The result; waits for it.
  std::int64_t wait() {
    completions.wait(0);
    return result;
  }
  [[nodiscard]] bool done() const { return completions.load() != 0; }

  std::atomic<int> completions{0};
  std::thread::id completed_on{};

 private:
  void finished() noexcept {
    completed_on = std::this_thread::get_id();
    completions.fetch_add(1);
    completions.notify_all();
  }
};

}  // namespace weir_test

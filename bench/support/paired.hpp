// support/paired.hpp - ours against a peer, in one process, interleaved, each result checked.
//
//   int main(int argc, char** argv) {
//     bench::suite suite{argc, argv};
//     suite.compare({.name = "fork_join/fib(34)", .unit = "ns/call", .workers = 2, .items = 1.8e7,
//                    .ours = [&] { return ours_fib(34); }, .peer = [&] { return tbb_fib(34); },
//                    .peer_name = "tbb::task_group", .correct = [](auto n) { return n == 5702887; }, .target = 2.0});
//     return suite.finish();
//   }
//
// A side is run as often as 0.3 s take (one sample); the samples alternate A B A B for `rounds` rounds, so both meet
// the same neighbours, temperature and frequency. The figure of a side is the median over its samples of time per item;
// the ratio is the median over the rounds of peer/ours: above 1 ours is faster. spread: the median absolute deviation
// of those ratios, as a fraction of the ratio. A wrong result stops the program: a number for wrong work is none. A
// pair is run, and its captures used, only when it passes the filter; build costly things inside `setup`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace bench {

/// One line of the table and of the JSON.
struct row {
  std::string name = {}, unit = {};
  unsigned workers = 0;
  double ours = 0, peer = 0;  ///< in `unit`; peer 0: none
  std::string peer_name = {};
  double ratio = 0;          ///< how many times better than the peer; 0: no peer
  double spread = 0;         ///< median absolute deviation / median
  double low = 0, high = 0;  ///< 95 % interval of the ratio's median (interval.hpp); 0: not known
  double target = 0;         ///< with a peer: the least ratio; without: the largest `ours`; 0: none
  bool by_interval = false;  ///< the lower end of the interval has to reach the target, not the median alone
  bool met = true;
};

/// One comparison. Times per item are printed in `unit`, whose first letters say how: ns/, us/, ms/ or s/.
struct pair {
  std::string name, unit = "ns/item";
  unsigned workers = 0;
  double items = 1;                          ///< done by one call of ours or peer
  double peer_items = 0;                     ///< done by one call of peer, when that is not the same
  std::function<void()> setup = {};          ///< before the first call
  std::function<std::uint64_t()> ours = {};  ///< does the work once; returns what `correct` looks at
  std::function<std::uint64_t()> peer = {};  ///< empty: no peer, and target is the largest time per item
  std::string peer_name = {};
  std::function<bool(std::uint64_t)> correct = {};  ///< empty: the first result of ours is what all others must be
  double target = 0;
  bool by_interval = false;           ///< see row::by_interval
  std::function<void()> before = {};  ///< before each call, not timed; `correct` is then not timed either
};

class suite {
 public:
  /// Understands --filter=TEXT, --quick (3 rounds of 50 ms), --rounds=K (9), --json=FILE, --list. Anything else:
  /// exit 2.
  suite(int argc, char** argv);

  /// Whether a case of this name would run.
  [[nodiscard]] bool wants(const std::string& name) const;
  [[nodiscard]] bool quick() const noexcept { return quick_; }

  /// Measures the pair, prints its line, keeps and returns its row. Nothing happens when the filter excludes it.
  row compare(const pair& p);

  /// A figure measured by the program itself (bytes, counts, ratios it took): smaller is better.
  void report(const row& measured);

  // For other ways to measure, which end in report(): how many samples, of what length, and whether to measure at all.
  [[nodiscard]] unsigned rounds() const noexcept { return rounds_; }
  [[nodiscard]] double sample_seconds() const noexcept { return sample_s_; }
  [[nodiscard]] bool runs(const std::string& name) const { return !list_ && wants(name); }

  /// Writes the JSON file; the program's exit status (0, or 1 when a target was missed outside of --quick).
  [[nodiscard]] int finish();

 private:
  void print(const row& r);

  std::string filter_, json_;
  bool quick_ = false, list_ = false, header_ = false;
  unsigned rounds_ = 9;
  double sample_s_ = 0.3;
  std::vector<row> rows_;
};

/// Fills r's ratio, its spread and its interval from samples that were taken side by side. Smaller samples are better.
void set_ratio(row& r, const std::vector<double>& ours, std::vector<double> peer);

/// The median; sorts a copy. Requires values not empty.
[[nodiscard]] double median(std::vector<double> values);

/// The median of |value - median|.
[[nodiscard]] double median_absolute_deviation(const std::vector<double>& values);

/// Tells the compiler that value is used.
template <class T>
inline void keep(const T& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

}  // namespace bench

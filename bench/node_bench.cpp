// Streams beside Node: the loops of "When async iteration breaks down at scale" over 5 million log lines.
//   flow/node/serial    one line after the other, each an awaited call: `for await` against with_stream over generate
//   flow/node/limit_16  up to 16 calls at once: p-limit against for_each(par{16})
//   flow/node/fused     the job as a stream is written: map | reduce, against `for await`
// script: bench/workloads/log_loops.mjs
// Node runs as a program of its own, which warms up, takes its time and prints it. Without node there are no rows.
#include <atomic>
#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include <weir/runtime.hpp>
#include <weir/spawn.hpp>
#include <weir/streams.hpp>

#include "support/paired.hpp"

namespace {

using weir::emitter;
using weir::for_each;
using weir::from;
using weir::generate;
using weir::map;
using weir::par;
using weir::reduce;
using weir::runtime;
using weir::task;
using weir::with_stream;

const std::vector<std::string>& text() {
  static const std::vector<std::string> lines = [] {
    std::vector<std::string> all;
    for (int i = 0; i < 1000; ++i) {
      all.push_back("{\"level\":" + std::to_string(i % 7) + ",\"id\":" + std::to_string(i) + ",");
      all.back().resize(100, 'x');
    }
    return all;
  }();
  return lines;
}

std::string_view line(std::size_t i) { return text()[i % 1000]; }

std::uint32_t digest(std::string_view of) {
  std::uint32_t h = 0;
  for (std::size_t i = 0; i < 16; ++i) h = h * 31 + static_cast<unsigned char>(of[i]);
  return h >> 12;
}

task<std::uint64_t> process_line(std::string_view of) { co_return digest(of); }

auto lines(std::size_t n) { return from(std::views::iota(std::size_t{0}, n)) | map(line); }

std::uint64_t serial(runtime& rt, std::size_t n) {
  auto source = generate<std::string_view>([n](emitter<std::string_view>& out) -> task<> {
    for (std::size_t i = 0; i < n; ++i) co_await out(line(i));
  });
  return rt.block_on(with_stream(std::move(source), [](auto in) -> task<std::uint64_t> {
    std::uint64_t sum = 0;
    while (const auto x = co_await in.next()) sum += co_await process_line(*x);
    co_return sum;
  }));
}

std::uint64_t limit_16(runtime& rt, std::size_t n) {
  std::atomic<std::uint64_t> sum{0};
  auto call = [&](std::string_view x) -> task<> { sum.fetch_add(co_await process_line(x), std::memory_order_relaxed); };
  rt.block_on(lines(n) | for_each(par{16}, call));
  return sum;
}

std::uint64_t fused(runtime& rt, std::size_t n) {
  return rt.block_on(lines(n) | map(digest) | reduce(std::uint64_t{0}, std::plus<>{}));
}

using closing = decltype([](std::FILE* f) { ::pclose(f); });

std::string output_of(const std::string& command) {
  const std::unique_ptr<std::FILE, closing> pipe{::popen(command.c_str(), "r")};
  std::string all(200, '\0');
  all.resize(pipe ? std::fread(all.data(), 1, all.size(), pipe.get()) : 0);
  return all;
}

struct sample {
  double ns = 0;
  std::uint64_t sum = 0;
};

sample node(const std::string& shape, std::size_t n) {
  const std::string out = output_of("node '" BENCH_SCRIPT "' " + shape + ' ' + std::to_string(n));
  sample s;
  std::uint64_t ns = 0;
  if (std::sscanf(out.c_str(), "%" SCNu64 " %" SCNu64, &ns, &s.sum) != 2) {
    std::fprintf(stderr, "node %s: %s\n", shape.c_str(), out.c_str());
    std::exit(1);
  }
  s.ns = static_cast<double>(ns);
  return s;
}

void beside_node(bench::suite& suite, const std::string& name, const std::string& shape, unsigned workers,
                 std::uint64_t (*ours)(runtime&, std::size_t)) {
  if (!suite.runs(name)) return;
  static const std::string version = output_of("node --version 2>/dev/null");
  if (version.empty()) {
    std::fprintf(stderr, "SKIPPED %s: node is not installed\n", name.c_str());
    return;
  }
  runtime rt{{.threads = workers}};
  const std::size_t n = suite.quick() ? 200'000 : 5'000'000;
  const auto per_line = [n](double ns) { return ns / static_cast<double>(n); };
  std::vector<double> mine, theirs;
  for (unsigned round = 0; round < suite.rounds(); ++round) {
    const auto begun = std::chrono::steady_clock::now();
    const std::uint64_t sum = ours(rt, n);
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begun;
    const sample other = node(shape, n);
    if (sum != other.sum) {
      std::fprintf(stderr, "%s: the sums differ\n", name.c_str());
      std::exit(1);
    }
    mine.push_back(per_line(took.count()));
    theirs.push_back(per_line(other.ns));
  }
  bench::row r{.name = name,
               .unit = "ns/line",
               .workers = workers,
               .ours = bench::median(mine),
               .peer = bench::median(theirs),
               .peer_name = "node " + version.substr(0, version.find('\n'))};
  bench::set_ratio(r, mine, theirs);
  suite.report(r);
}

}  // namespace

int main(int argc, char** argv) {
  bench::suite suite{argc, argv};
  beside_node(suite, "flow/node/serial", "serial", 1, serial);
  beside_node(suite, "flow/node/limit_16", "limit_16", 2, limit_16);
  beside_node(suite, "flow/node/fused", "serial", 1, fused);
  return suite.finish();
}

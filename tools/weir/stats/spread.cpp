#include "stats/spread.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace weir_tool {
namespace {

constexpr unsigned kept_bits = 5;

std::uint32_t bucket_of(std::uint64_t v) {
  const auto width = static_cast<unsigned>(std::bit_width(v));
  if (width <= kept_bits + 1) return static_cast<std::uint32_t>(v);
  const unsigned shift = width - kept_bits - 1;
  return (shift << (kept_bits + 1)) + static_cast<std::uint32_t>(v >> shift);
}

/// The largest value in a bucket.
std::uint64_t top_of(std::uint32_t bucket) {
  const unsigned shift = bucket >> (kept_bits + 1);
  if (shift == 0) return bucket;
  const std::uint64_t mantissa = bucket - (shift << (kept_bits + 1));
  return ((mantissa + 1) << shift) - 1;
}

}  // namespace

void spread::add(std::int64_t ns) {
  const std::int64_t v = std::max<std::int64_t>(ns, 0);
  ++buckets_[bucket_of(static_cast<std::uint64_t>(v))];
  ++count_;
  sum_ += v;
  largest_ = std::max(largest_, v);
}

void spread::add(const spread& other) {
  for (const auto& [bucket, n] : other.buckets_) buckets_[bucket] += n;
  count_ += other.count_;
  sum_ += other.sum_;
  largest_ = std::max(largest_, other.largest_);
}

std::int64_t spread::at(double q) const {
  const auto rank = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (const auto& [bucket, n] : buckets_)
    if ((seen += n) >= rank) return std::min(static_cast<std::int64_t>(top_of(bucket)), largest_);
  return largest_;
}

}  // namespace weir_tool

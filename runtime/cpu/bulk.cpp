#include <weir/detail/bulk.hpp>
#include <weir/detail/chunk.hpp>
#include <weir/detail/pool.hpp>

namespace weir::inline v0::detail {

namespace {
constexpr std::chrono::microseconds slice{500};
}

struct bulk::piece : job {
  piece(bulk& b, std::size_t from, std::size_t to) noexcept : job{&bulk::act, "bulk"}, whole{b}, begin{from}, end{to} {}

  static piece* make(bulk& b, std::size_t from, std::size_t to) {
    return new (pool_allocate(sizeof(piece))) piece{b, from, to};
  }
  static void free(piece* p) noexcept { pool_release(p, sizeof(piece)); }

  bulk& whole;
  std::size_t begin, end;
};

job* bulk::root_piece(bulk& whole) {
  try {
    return piece::make(whole, 0, whole.left_.load(std::memory_order_relaxed));
  } catch (...) {
    whole.destroy();
    throw;
  }
}

void bulk::abandon(job& root) noexcept {
  auto* const p = static_cast<piece*>(&root);
  p->whole.destroy();
  piece::free(p);
}

outcome bulk::act(job* j, action what) noexcept {
  auto* const p = static_cast<piece*>(j);
  bulk& whole = p->whole;
  if (what == action::cancel) {
    const std::size_t n = p->end - p->begin;
    piece::free(p);
    whole.cut_.store(true, std::memory_order_relaxed);  // read in finish(), which comes after ended()
    whole.on_.count_items(outcome::cancelled, n);
    whole.ended(n);
  } else {
    whole.run(*p);
  }
  return outcome::internal;  // items are counted, pieces are not
}

void bulk::run(piece& p) noexcept {
  for (;;) {
    const std::size_t first = p.begin;
    run_slice(p);
    const std::size_t n = p.begin - first;
    if (p.begin == p.end) {
      piece::free(&p);
      return ended(n);
    }
    ended(n);            // not the last: p has some left
    p.credited = false;  // its credit goes back with this turn
    if (on_.share(p)) return;
  }
}

void bulk::run_slice(piece& p) noexcept {
  const auto slice_end = std::chrono::steady_clock::now() + slice;
  const std::size_t first = p.begin;
  tally sum;
  chunk_size chunk{1};
  while (p.begin < p.end && chunk.last_end() < slice_end) {
    split(p);
    const std::size_t n = chunk.next(p.begin, p.end);
    const tally t = run_chunk(p.begin, p.begin + n);
    sum.ok += t.ok;
    sum.failed += t.failed;
    p.begin += n;
    chunk.done();
  }
  on_.count_items(outcome::ok, sum.ok);
  on_.count_items(outcome::failed, sum.failed);
  on_.count_items(outcome::cancelled, p.begin - first - sum.ok - sum.failed);
}

// Leaves the upper half to whoever is free. Without memory or room the piece just stays whole.
void bulk::split(piece& p) noexcept {
  if (p.end - p.begin < 2 || !on_.hungry()) return;
  const std::size_t middle = p.begin + (p.end - p.begin) / 2;
  piece* upper = nullptr;
  try {
    upper = piece::make(*this, middle, p.end);
    upper->lane = p.lane;
  } catch (const std::bad_alloc&) {
    return;
  }
  if (on_.share(*upper))
    p.end = middle;
  else
    piece::free(upper);
}

// acq_rel: every piece's work happens before the finish of the one that ends last.
void bulk::ended(std::size_t n) noexcept {
  if (left_.fetch_sub(n, std::memory_order_acq_rel) == n) finish();
}

}  // namespace weir::inline v0::detail

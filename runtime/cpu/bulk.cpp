#include <weir/detail/bulk.hpp>
#include <weir/detail/pool.hpp>

#include <algorithm>
#include <chrono>

namespace weir::inline v0::detail {

namespace {

// Between two chunks a piece goes through the deque and the count of what is left is written, which all workers write:
// some tenths of a microsecond, so a chunk should not be much shorter than 10 us.
std::size_t next_chunk(std::size_t size, std::chrono::nanoseconds took) noexcept {
  if (took < std::chrono::microseconds{8}) return size * 2;
  return took > std::chrono::microseconds{20} ? std::max<std::size_t>(1, size / 2) : size;
}

}  // namespace

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

// One chunk; the rest is stealable meanwhile and comes back as the next job of this worker, unless something is more
// urgent. Where nothing can be shared (run inline, on a strand, deque full) chunk after chunk.
void bulk::run(piece& p) noexcept {
  for (;;) {
    split(p);
    const std::size_t begin = p.begin;
    const std::size_t n = std::min(chunk_.load(std::memory_order_relaxed), p.end - begin);
    p.begin += n;
    p.credited = false;  // its credit goes back with this turn
    const bool last = p.begin == p.end;
    const bool gone = !last && on_.share(p);  // then p is somebody else's
    if (last) piece::free(&p);
    run_items(begin, n);
    if (last || gone) return;
  }
}

// The bulk may be gone after it.
void bulk::run_items(std::size_t begin, std::size_t n) noexcept {
  const auto started = std::chrono::steady_clock::now();
  const tally t = run_chunk(begin, begin + n);
  const std::size_t next = next_chunk(n, std::chrono::steady_clock::now() - started);
  // A common guess for all pieces: orders nothing, and a lost update loses nothing. Written only when it changes, for
  // all read it; the short end of a piece says nothing about a whole chunk.
  if (next != n && n == chunk_.load(std::memory_order_relaxed)) chunk_.store(next, std::memory_order_relaxed);
  on_.count_items(outcome::ok, t.ok);
  if (t.ok != n) {
    on_.count_items(outcome::failed, t.failed);
    on_.count_items(outcome::cancelled, n - t.ok - t.failed);
  }
  ended(n);
}

// Leaves the upper half to whoever is free. Without memory or room the piece just stays whole.
void bulk::split(piece& p) noexcept {
  if (p.end - p.begin < 2 || !on_.hungry()) return;
  const std::size_t middle = p.begin + (p.end - p.begin) / 2;
  piece* upper = nullptr;
  try {
    upper = piece::make(*this, middle, p.end);
    upper->lane = p.lane;
    upper->name = p.name;
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

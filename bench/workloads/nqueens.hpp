// workloads/nqueens.hpp - counts all ways to place n queens; each safe place in a row is a branch of its own. As in the
// Cilk programs: the board is copied for each branch, a place is checked against all rows above.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace bench {

using queens_board = std::array<std::uint8_t, 16>;

inline bool queens_safe(const queens_board& board, int row, int column) {
  for (int r = 0; r < row; ++r) {
    const int there = board[static_cast<unsigned>(r)];
    if (there == column || there - column == row - r || column - there == row - r) return false;
  }
  return true;
}

template <class Joiner>
long nqueens(int n, int row, const queens_board& board) {
  if (row == n) return 1;
  queens_board columns;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  int safe = 0;
  for (int c = 0; c < n; ++c)
    if (queens_safe(board, row, c)) columns[static_cast<unsigned>(safe++)] = static_cast<std::uint8_t>(c);
  return Joiner::sum(safe, [&, row, n](int i) {
    queens_board next = board;
    next[static_cast<unsigned>(row)] = columns[static_cast<unsigned>(i)];
    return nqueens<Joiner>(n, row + 1, next);
  });
}

}  // namespace bench

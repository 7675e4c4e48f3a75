// workloads/matmul.hpp - C += A B by halves: the longest side is split, the halves of rows and columns are branches,
// the halves of the inner side come one after the other. Blocks of 64 are computed in place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bench {

struct matrices {
  explicit matrices(std::size_t side) : n{side}, a(n * n), b(n * n), c(n * n) {
    for (std::size_t i = 0; i < n * n; ++i) {
      a[i] = static_cast<float>(i % 7);  // small integers: sums are exact in any order
      b[i] = static_cast<float>(i % 5);
    }
  }
  std::size_t n;
  std::vector<float> a, b, c;
};

/// Rows x inner x columns of a product inside matrices of `stride` columns.
struct matmul_block {
  const float* a;
  const float* b;
  float* c;
  std::size_t rows, inner, columns, stride;
};

inline void matmul_leaf(const matmul_block& m) {
  for (std::size_t i = 0; i < m.rows; ++i)
    for (std::size_t k = 0; k < m.inner; ++k) {
      const float left = m.a[i * m.stride + k];
      for (std::size_t j = 0; j < m.columns; ++j) m.c[i * m.stride + j] += left * m.b[k * m.stride + j];
    }
}

template <class Joiner>
void matmul(const matmul_block& m) {
  constexpr std::size_t small = 64;
  matmul_block first = m, second = m;
  if (m.rows <= small && m.inner <= small && m.columns <= small) return matmul_leaf(m);
  if (m.rows >= m.inner && m.rows >= m.columns) {
    first.rows = m.rows / 2;
    second.rows = m.rows - first.rows;
    second.a += first.rows * m.stride;
    second.c += first.rows * m.stride;
    Joiner::both([&] { matmul<Joiner>(first); }, [&] { matmul<Joiner>(second); });
  } else if (m.columns >= m.inner) {
    first.columns = m.columns / 2;
    second.columns = m.columns - first.columns;
    second.b += first.columns;
    second.c += first.columns;
    Joiner::both([&] { matmul<Joiner>(first); }, [&] { matmul<Joiner>(second); });
  } else {
    first.inner = m.inner / 2;
    second.inner = m.inner - first.inner;
    second.a += first.inner;
    second.b += first.inner * m.stride;
    matmul<Joiner>(first);
    matmul<Joiner>(second);
  }
}

/// One product from zero; the sum of its elements.
template <class Joiner>
std::uint64_t matmul(matrices& m) {
  m.c.assign(m.c.size(), 0);
  matmul<Joiner>({m.a.data(), m.b.data(), m.c.data(), m.n, m.n, m.n, m.n});
  double sum = 0;
  for (const float x : m.c) sum += static_cast<double>(x);
  return static_cast<std::uint64_t>(sum);
}

/// What matmul() must give.
inline std::uint64_t matmul_sum(const matrices& m) {
  double sum = 0;
  for (std::size_t k = 0; k < m.n; ++k) {
    double column = 0, row = 0;
    for (std::size_t i = 0; i < m.n; ++i) {
      column += static_cast<double>(m.a[i * m.n + k]);
      row += static_cast<double>(m.b[k * m.n + i]);
    }
    sum += column * row;
  }
  return static_cast<std::uint64_t>(sum);
}

}  // namespace bench

// Products of matrices that are in the caches already, a block of rows and columns at a time kept
// in registers.
//
//   c[i,j] = (add ? c[i,j] : 0) + sum over k of a[i,k] * b[k,j]
//
// A matrix in panels has its columns (or, of a transposed one, its rows) in groups of 16, `panel`
// floats apart; within a group, 16 floats of one k follow those of the k before.
//
// Each element is one chain of fused multiply-adds in the order of k, however rows are grouped.
#pragma once

#include <algorithm>
#include <array>
#include <utility>

#include "kernels/base/lanes.h"

namespace kernels {

struct Rows {
  const float* first;
  long step;
};
struct MutableRows {
  float* first;
  long step;
};
struct Panels {
  const float* first;
  long panel;
};

namespace register_tile {

constexpr int kMostRows = 12;     // of 2 vectors: 24 of 32 registers hold sums
constexpr long kMostDepth = 256;  // two panels of b this deep stay in the first cache

// Element (i, k) of a at i * a_row + k * a_depth.
template <int kRows, int kVectors>
void multiply(long depth, const float* a, long a_row, long a_depth, const Panels& b,
              const MutableRows& c, bool add) {
  Lanes sums[kRows][kVectors];
  for (int i = 0; i < kRows; ++i)
    for (int v = 0; v < kVectors; ++v)
      sums[i][v] = add ? load(c.first + i * c.step + v * kLanes) : Lanes{};
  const float* from = b.first;
  for (long k = 0; k < depth; ++k, a += a_depth, from += kLanes) {
    Lanes row[kVectors];
    for (int v = 0; v < kVectors; ++v) row[v] = load(from + v * b.panel);
    for (int i = 0; i < kRows; ++i) {
      const Lanes left = all_lanes(a[i * a_row]);
      for (int v = 0; v < kVectors; ++v) sums[i][v] += left * row[v];
    }
  }
  for (int i = 0; i < kRows; ++i)
    for (int v = 0; v < kVectors; ++v) store(c.first + i * c.step + v * kLanes, sums[i][v]);
}

using Multiply = void (*)(long, const float*, long, long, const Panels&, const MutableRows&, bool);
template <int kVectors, int... kRows>
constexpr std::array<Multiply, kMostRows> all_rows(std::integer_sequence<int, kRows...>) {
  return {multiply<kRows + 1, kVectors>...};
}
template <int kVectors>
inline constexpr auto kByRows = all_rows<kVectors>(std::make_integer_sequence<int, kMostRows>());

// f(columns' index, whether two panels are left)
template <class F>
void for_each_pair(long columns, const F& f) {
  for (long j = 0; j < columns; j += 2 * kLanes) f(j, columns - j >= 2 * kLanes);
}

}  // namespace register_tile

// columns: a multiple of 16.
inline void matrix_product(long rows, long columns, long depth, const Rows& a, const Panels& b,
                           const MutableRows& c, bool add) {
  using namespace register_tile;
  const long blocks = (rows + kMostRows - 1) / kMostRows;
  const long layers = (depth + kMostDepth - 1) / kMostDepth;
  for (long layer = 0; layer < layers; ++layer) {
    const long k = depth * layer / layers, end = depth * (layer + 1) / layers;
    for_each_pair(columns, [&](long j, bool two) {
      const auto& by_rows = two ? kByRows<2> : kByRows<1>;
      for (long block = 0; block < blocks; ++block) {
        const long i = rows * block / blocks, count = rows * (block + 1) / blocks - i;
        by_rows[static_cast<std::size_t>(count - 1)](
            end - k, a.first + i * a.step + k, a.step, 1,
            {b.first + j / kLanes * b.panel + k * kLanes, b.panel},
            {c.first + i * c.step + j, c.step}, add || layer > 0);
      }
    });
  }
}

// rows, columns: multiples of 16.
inline void matrix_product(long rows, long columns, long depth, const Panels& a, const Panels& b,
                           const MutableRows& c, bool add) {
  using namespace register_tile;
  constexpr int kRows = kLanes / 2;
  for_each_pair(columns, [&](long j, bool two) {
    for (long i = 0; i < rows; i += kRows)
      (two ? multiply<kRows, 2>
           : multiply<kRows, 1>)(depth, a.first + i / kLanes * a.panel + i % kLanes, 1, kLanes,
                                 {b.first + j / kLanes * b.panel, b.panel},
                                 {c.first + i * c.step + j, c.step}, add);
  });
}

}  // namespace kernels

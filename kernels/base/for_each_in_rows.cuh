// Channels-last arrays as rows of items, where an item is some neighbouring channels of one pixel.
#pragma once

#include <algorithm>
#include <limits>
#include <type_traits>

#include "kernels/base/divisor.h"
#include "kernels/base/for_each_vector.cuh"

namespace kernels {

// A block owns a part of one row, or several short rows.
struct RowCut {
  int rows, rows_in_block;
  Divisor items, parts;  // of a row

  static constexpr int kThreads = 256;

  RowCut(int row_count, int items_in_row)
      : rows(row_count),
        rows_in_block(std::max(kThreads / items_in_row, 1)),
        items(items_in_row),
        parts((items_in_row + kThreads - 1) / kThreads) {}
  long blocks() const { return (long{rows} + rows_in_block - 1) / rows_in_block * parts.divisor(); }
  int threads() const {
    const int busy = rows_in_block > 1 ? rows_in_block * items.divisor()
                                       : (items.divisor() + parts.divisor() - 1) / parts.divisor();
    return (busy + kWarp - 1) / kWarp * kWarp;
  }
};

template <class F>
__global__ void __launch_bounds__(RowCut::kThreads) for_each_in_rows_kernel(RowCut cut, F f) {
  const int thread = static_cast<int>(threadIdx.x), block = static_cast<int>(blockIdx.x);
  const int row_in_block = cut.items.quotient(thread);  // 0 where rows have several parts
  const long row = long{cut.parts.quotient(block)} * cut.rows_in_block + row_in_block;
  const int item =
      cut.parts.remainder(block) * static_cast<int>(blockDim.x) + cut.items.remainder(thread);
  if (row_in_block < cut.rows_in_block && row < cut.rows && item < cut.items.divisor())
    f.at(static_cast<int>(row), item);
}

// Calls f.at(row, item) once for each of [rows, items]; neighbouring threads have neighbouring
// items.
template <class F>
void for_each_in_rows(Cuda cuda, long rows, long items, const F& f) {
  if (rows == 0 || items == 0) return;
  constexpr long kMost = std::numeric_limits<int>::max();
  CHECK(rows <= kMost && items <= kMost, rows, " rows of ", items, " are more than ", kMost);
  const RowCut cut(static_cast<int>(rows), static_cast<int>(items));
  CHECK(cut.blocks() <= kMost, rows, " rows of ", items, " need more than ", kMost, " blocks");
  launch(cuda, {static_cast<unsigned>(cut.blocks()), static_cast<unsigned>(cut.threads())},
         for_each_in_rows_kernel<F>, cut, f);
}

// Calls f(std::integral_constant) with how many neighbouring channels of type T are one access, at
// best 16 bytes, in all of these arrays.
template <class T, int kWidth = kElementsIn16Bytes<T>, class F, class... Arrays>
void with_channel_width(int channels, const F& f, const Arrays*... arrays) {
  if constexpr (kWidth > 1) {
    if (channels % kWidth != 0 || !are_aligned<kWidth>(arrays...))
      return with_channel_width<T, kWidth / 2>(channels, f, arrays...);
  }
  f(std::integral_constant<int, kWidth>());
}

}  // namespace kernels

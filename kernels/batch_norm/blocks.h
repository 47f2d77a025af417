// How batch norm walks over a batch: blocks of rows, tiles of channels, and two passes of which the
// second finds in a cache what the first has read.
#pragma once

#include <algorithm>

#include "kernels/base/channel_groups.h"
#include "kernels/base/context.h"
#include "kernels/batch_norm/batch_norm.h"

namespace kernels {

// The rows of one view whose sums are taken as one.
struct BatchNormBlock {
  BatchNormBlock(const BatchNormSizes& sizes, int block_view, int block_index)
      : view(block_view),
        index(block_index),
        rows(std::min(sizes.rows_per_block(), sizes.rows - index * sizes.rows_per_block())),
        first_row(long{view} * sizes.rows + long{index} * sizes.rows_per_block()) {}
  int view, index, rows;
  long first_row;  // counted through all views
};

// Two sums per block and channel, and what they lead to per view and channel.
struct BatchNormPartial {
  float* sum(const BatchNormSizes& s, int view, int block, int which) const {
    return data + ((long{view} * s.blocks() + block) * 2 + which) * s.channels;
  }
  float* of_view(const BatchNormSizes& s, int view, int which) const {
    return data + ((long{s.views} * s.blocks() * 2) + long{view} * s.kPerView + which) * s.channels;
  }
  float* data;
};

// first[c] and second[c], sums over the rows of a block, of two terms each. Adds up eight rows at a
// time, and those eights: terms(row, channel, count) gives the two.
template <class Terms>
void sum_rows(int rows, int channels, float* first, float* second, const Terms& terms) {
  constexpr int kTogether = 8;
  const auto add = [&](int row, int together) {
    for_channel_groups(channels, [&](int channel, int count) {
      auto [a, b] = terms(row, channel, count);
#pragma GCC unroll 7
      for (int k = 1; k < together; ++k) {
        const auto [more_a, more_b] = terms(row + k, channel, count);
        a += more_a;
        b += more_b;
      }
      if (row > 0) {
        a += load(first + channel, count);
        b += load(second + channel, count);
      }
      store(first + channel, a, count);
      store(second + channel, b, count);
    });
  };
  int row = 0;
  for (; row + kTogether <= rows; row += kTogether) add(row, kTogether);
  if (row < rows) add(row, rows - row);
}

// How many bytes ahead memory is asked for: loops that calculate do not see far enough by
// themselves. Where eight rows are on their way, their successors.
constexpr long kAhead = 2048;
template <class T>
long bytes_ahead(int channels) {
  return std::max<long>(kAhead, 8L * channels * static_cast<long>(sizeof(T)));
}

// Calls first(block) for all blocks of a view, then between(view), then second(block) for all its
// blocks again. As many views are on their way together as the threads' own caches hold of the
// arrays that are read twice, `bytes` a row and channel; and the second pass runs backwards: what
// was read last is likeliest to be near.
template <class First, class Between, class Second>
void two_passes(Cpu cpu, const BatchNormSizes& s, int bytes, const First& first,
                const Between& between, const Second& second) {
  constexpr long kCache = 3 << 19;  // 1.5 MiB
  const long view_bytes = long{s.rows} * s.channels * bytes;
  const int together =
      static_cast<int>(std::clamp<long>(kCache * cpu.pool->threads() / view_bytes, 1, s.views));
  for (int begin = 0; begin < s.views; begin += together) {
    const int views = std::min(together, s.views - begin), tasks = views * s.blocks();
    const auto block = [&](int task) {
      return BatchNormBlock(s, begin + task / s.blocks(), task % s.blocks());
    };
    cpu.pool->run(tasks, [&](int task, int) { first(block(task)); });
    for (int view = begin; view < begin + views; ++view) between(view);
    cpu.pool->run(tasks, [&](int task, int) { second(block(tasks - 1 - task)); });
  }
}

// Sums over a view's blocks, as doubles.
using DoubleLanes __attribute__((vector_size(kLanes * sizeof(double)))) = double;
inline DoubleLanes widened(Lanes lanes) { return __builtin_convertvector(lanes, DoubleLanes); }
inline Lanes rounded(DoubleLanes lanes) { return __builtin_convertvector(lanes, Lanes); }

}  // namespace kernels

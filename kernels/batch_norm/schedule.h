// How the blocks of a GPU share a batch norm. A block owns a tile of channels and a slice of the
// rows of a view; a thread owns neighbouring channels of the tile in every down()-th row of the
// slice. The rows that a block's threads own together are a round.
//
// How a view is cut depends on its sizes, the type and the GPU, never on the other views.
#pragma once

#include <algorithm>
#include <cstddef>

#include "kernels/base/context.h"
#include "kernels/batch_norm/batch_norm.h"

namespace kernels {

enum class BatchNormSchedule {
  // One block has all rows of a view, and keeps them in its shared memory: no block waits for
  // another. For slabs so small that a multiprocessor holds two.
  WholeTiles,
  // All blocks are alive at once, one on each multiprocessor, and go through the views together.
  // They keep of a view what their shared memory holds, and meet when its sums are known; while
  // they do, the next view is on its way wherever there is room. What is not kept is read again.
  Persistent,
  // One launch for sums, one for what follows from them. For what is too large to be kept, and for
  // channels that do not come in 16 bytes.
  TwoPasses,
};

// What a pass over a batch norm's arrays needs.
struct BatchNormDemand {
  int element_bytes;
  bool aligned;    // every array begins at a multiple of 16 bytes
  int kept_bytes;  // of a thread's share of a round, that are needed before and after the sums
  bool whole;      // views need nothing of each other
};

struct BatchNormCut {
  BatchNormSchedule schedule;
  int width;          // channels of a thread: 16 bytes, or 1
  int tile_channels;  // of a block: 16 or 32
  int threads;        // of a block
  int tiles;          // of the channels
  int slices, rows_per_slice;
  int rounds;      // of a slice
  int capacity;    // rounds that a block's shared memory holds
  int kept;        // of a view's rounds, the first ones, that stay in shared memory
  int kept_bytes;  // of a thread's share of a round
  int together;    // views whose sums are exchanged at once

  int down() const { return threads / (tile_channels / width); }
  // The part of a view that is read from memory once.
  double kept_share() const { return std::min(1.0, 1.0 * kept * down() / rows_per_slice); }
  std::size_t shared_bytes() const {
    return static_cast<std::size_t>(capacity) * threads * kept_bytes;
  }
};

constexpr int kPersistentThreads = 512, kThreads = 256;
constexpr std::size_t kStaticBytes = 8 << 10;  // of shared memory, besides the rounds

constexpr int rounded_up_share(int whole, int parts) { return (whole + parts - 1) / parts; }

// Rows in at most `most` slices of no fewer than `least` rows each.
inline void cut_rows(BatchNormCut& cut, int rows, int most, int least) {
  cut.rows_per_slice = std::max(rounded_up_share(rows, most), least);
  cut.slices = rounded_up_share(rows, cut.rows_per_slice);
  cut.rounds = rounded_up_share(std::min(cut.rows_per_slice, rows), cut.down());
}

// The slices of a view that give every multiprocessor the blocks it can run at once, four or so.
inline int most_slices(Cuda cuda, const BatchNormSizes& s) {
  return std::max(1, 4 * cuda.multiprocessors / rounded_up_share(s.channels, 32));
}

inline void use(BatchNormCut& cut, BatchNormSchedule schedule, int channels, int tile_channels,
                int threads) {
  cut.schedule = schedule;
  cut.tile_channels = tile_channels;
  cut.threads = threads;
  cut.tiles = rounded_up_share(channels, tile_channels);
  cut.capacity = cut.kept = 0;
  cut.together = 1;
}

// The cut of a launch that keeps nothing, whatever the size and however the arrays lie.
inline BatchNormCut two_passes(Cuda cuda, const BatchNormSizes& s, int element_bytes,
                               bool aligned) {
  const bool wide = aligned && s.channels * element_bytes % 16 == 0;
  BatchNormCut cut{};
  cut.width = wide ? 16 / element_bytes : 1;
  use(cut, BatchNormSchedule::TwoPasses, s.channels, wide && s.channels <= 16 ? 16 : 32, kThreads);
  cut_rows(cut, s.rows, most_slices(cuda, s), 4 * cut.down());
  return cut;
}

inline BatchNormCut batch_norm_cut(Cuda cuda, const BatchNormSizes& s, const BatchNormDemand& d) {
  const BatchNormCut unkept = two_passes(cuda, s, d.element_bytes, d.aligned);
  if (unkept.width == 1) return unkept;
  const std::size_t room = cuda.shared_bytes > kStaticBytes ? cuda.shared_bytes - kStaticBytes : 0;
  const auto capacity = [&](int threads) {
    return static_cast<int>(room / (static_cast<std::size_t>(threads) * d.kept_bytes));
  };

  BatchNormCut cut = unkept;
  cut.kept_bytes = d.kept_bytes;
  if (d.whole) {
    use(cut, BatchNormSchedule::WholeTiles, s.channels, 16, kThreads);
    cut_rows(cut, s.rows, 1, 1);
    cut.kept = cut.capacity = cut.rounds;
    if (2 * cut.rounds <= capacity(kThreads)) return cut;
  }
  use(cut, BatchNormSchedule::Persistent, s.channels, unkept.tile_channels, kPersistentThreads);
  if (cut.tiles > cuda.multiprocessors) return unkept;
  cut_rows(cut, s.rows, cuda.multiprocessors / cut.tiles, cut.down());
  const long all_rounds = long{s.views} * cut.rounds;
  cut.capacity = static_cast<int>(std::min<long>(capacity(kPersistentThreads), all_rounds));
  cut.kept = std::min(cut.capacity, cut.rounds);
  if (all_rounds == cut.capacity) cut.together = s.views;
  return 4 * cut.kept >= cut.rounds ? cut : unkept;
}

// What is needed before and after the sums: x forward; d_y, x and the ReLU's bits backward.
inline BatchNormCut batch_norm_forward_cut(Cuda cuda, const BatchNormSizes& s, int element_bytes,
                                           bool aligned) {
  return batch_norm_cut(cuda, s, {element_bytes, aligned, 16, true});
}
inline BatchNormCut batch_norm_backward_cut(Cuda cuda, const BatchNormSizes& s, int element_bytes,
                                            bool aligned, bool relu) {
  return batch_norm_cut(cuda, s, {element_bytes, aligned, relu ? 36 : 32, false});
}

}  // namespace kernels

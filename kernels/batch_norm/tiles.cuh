// What the passes of batch norm on a GPU share: where a thread stands, what a block keeps of the
// arrays, and how the sums of threads and of blocks become those of a view, in an order that never
// changes. schedule.h has who owns what.
#pragma once

#include <cooperative_groups.h>
#include <cuda_pipeline_primitives.h>

#include "kernels/base/device.cuh"
#include "kernels/base/launch.cuh"
#include "kernels/batch_norm/schedule.h"

namespace kernels {

// Calls f(0) ... f(kCount - 1), unrolled, so that arrays indexed by that are registers.
template <int kCount, class F>
__device__ void repeat(const F& f) {
  if constexpr (kCount > 0) {
    repeat<kCount - 1>(f);
    f(kCount - 1);
  }
}

// kWidth channels of a thread, in every kDown-th row of a slice.
template <class T, int kTile, int kChannels, int kBlock>
struct Tile {
  using Element = T;
  using Row = Vector<T, kChannels>;
  static constexpr int kWidth = kChannels, kTileChannels = kTile, kThreads = kBlock;
  static constexpr int kBlocks = 512 / kThreads;  // alive on a multiprocessor, at least
  static constexpr int kBatch = 1024 / kThreads;  // rows of a thread that are read together
  static constexpr int kAcross = kTileChannels / kWidth, kDown = kThreads / kAcross;
  static_assert(kAcross <= kWarp && kTileChannels <= kWarp);

  int channels, rows;     // of a view
  int tile, channel;      // the block's tile; this thread's first channel
  int first_row, no_row;  // this thread's first row; where the slice ends
  bool inside;            // this thread's channels exist

  __device__ Tile(const BatchNormSizes& s, const BatchNormCut& cut, int slice)
      : channels(s.channels),
        rows(s.rows),
        tile(static_cast<int>(blockIdx.x)),
        channel(tile * kTileChannels + static_cast<int>(threadIdx.x) % kAcross * kWidth),
        first_row(slice * cut.rows_per_slice + static_cast<int>(threadIdx.x) / kAcross),
        no_row(min(s.rows, (slice + 1) * cut.rows_per_slice)),
        inside(channel < s.channels) {}

  __device__ int row(int round) const { return first_row + round * kDown; }
  __device__ bool has(int round) const { return inside && row(round) < no_row; }
  __device__ int rows_of_thread() const {
    return first_row < no_row ? (no_row - first_row + kDown - 1) / kDown : 0;
  }
  // Where the thread's share of a round lies in an array [views, rows, channels].
  __device__ long at(int view, int round) const {
    return (long{view} * rows + first_row) * channels + channel + long{round} * (kDown * channels);
  }
  // The row, counted through the views, whose bits belong to that round.
  __device__ long bits_at(int view, int round) const { return long{view} * rows + row(round); }

  // The thread that speaks for a channel of the tile, and which one that is.
  __device__ int own_channel() const {
    return tile * kTileChannels + static_cast<int>(threadIdx.x) % kTileChannels;
  }
  __device__ bool speaks() const { return threadIdx.x < kTileChannels && own_channel() < channels; }
};

// Rounds that wait in shared memory, a ring of them. A thread reads only what it has copied itself,
// so nobody meets. Rounds are copied in the order in which they are used, through all views.
class Ring {
 public:
  __device__ Ring(const BatchNormCut& cut, int first_view, int views)
      : kept_(cut.kept),
        capacity_(cut.capacity),
        view_(first_view),
        end_(first_view + views),
        first_(first_view) {}

  // Copies the next round, where there is one: copy(view, round, slot) starts that.
  template <class Copy>
  __device__ void copy_next(const Copy& copy) {
    if (view_ == end_) return;
    copy(view_, round_, slot_);
    if (++slot_ == capacity_) slot_ = 0;
    if (++round_ < kept_) return;
    __pipeline_commit();  // a view is what is waited for
    ++view_;
    round_ = 0;
  }
  // Until this thread's copies of a view have arrived. Those of later views may still be under way.
  __device__ void wait_for(int view) const {
    if (kept_ == 0) return;
    __pipeline_wait_prior(static_cast<std::size_t>(view_ - view - 1));
    __syncwarp();  // no read moves up here
  }
  // The slots of a view: slot(first_slot(view), round).
  __device__ int first_slot(int view) const {
    return kept_ == 0 ? 0 : static_cast<int>(long{view - first_} * kept_ % capacity_);
  }
  __device__ int slot(int first, int round) const {
    return first + round < capacity_ ? first + round : first + round - capacity_;
  }

 private:
  int kept_, capacity_;
  int view_, end_, first_;
  int round_ = 0, slot_ = 0;  // that the next copy fills
};

// The shares of two parts in a whole.
struct Shares {
  float second, between;  // the second's rows in all; the product of both, in all
  __device__ Shares(float rows, float more)
      : second(more > 0 ? more / (rows + more) : 0.0f), between(rows * second) {}
};
// Statistics of rows: a mean, and the sum of squared distances from it (Chan, Golub, LeVeque).
struct Moments {
  float rows = 0, first = 0, second = 0;
  __device__ static void merge(float& mean, float& squares, float other_mean, float other_squares,
                               const Shares& shares) {
    const float apart = other_mean - mean;
    mean += apart * shares.second;
    squares += other_squares + apart * apart * shares.between;
  }
};
// Two sums over rows.
struct Sums {
  float rows = 0, first = 0, second = 0;
  __device__ static void merge(float& first, float& second, float other_first, float other_second,
                               const Shares&) {
    first += other_first;
    second += other_second;
  }
};
template <class Part>
__device__ void merge(Part& part, const Part& other) {
  Part::merge(part.first, part.second, other.first, other.second, Shares(part.rows, other.rows));
  part.rows += other.rows;
}

template <int kThreads>
__device__ float* memory_of_parts() {
  __shared__ float memory[3 * kThreads];
  return memory;
}

// The parts that kGroups groups of a block's threads have of each channel of the tile, merged in
// order; known to the threads that speak for a channel. give(parts) writes this thread's.
template <class Part, class Tile, int kGroups, class Give>
__device__ Part merged_groups(const Give& give) {
  static_assert(kGroups * Tile::kTileChannels <= Tile::kThreads);
  auto* const parts = reinterpret_cast<Part*>(memory_of_parts<Tile::kThreads>());
  __syncthreads();  // slower threads have read what was there
  give(parts);
  __syncthreads();
  Part whole;
  if (threadIdx.x < Tile::kTileChannels)
    for (int group = 0; group < kGroups; ++group)
      merge(whole, parts[group * Tile::kTileChannels + static_cast<int>(threadIdx.x)]);
  return whole;
}

// Of the threads' first and second, [kWidth] each over `rows` rows, those of the block.
template <class Part, class Tile>
__device__ Part of_block(float rows, float (&first)[Tile::kWidth], float (&second)[Tile::kWidth]) {
  for (int bits = Tile::kAcross; bits < kWarp; bits *= 2) {
    const float more = __shfl_xor_sync(kWholeWarp, rows, bits);
    const Shares shares(rows, more);
    for (int i = 0; i < Tile::kWidth; ++i) {
      const float other_first = __shfl_xor_sync(kWholeWarp, first[i], bits);
      const float other_second = __shfl_xor_sync(kWholeWarp, second[i], bits);
      Part::merge(first[i], second[i], other_first, other_second, shares);
    }
    rows += more;
  }
  return merged_groups<Part, Tile, Tile::kThreads / kWarp>([&](Part* parts) {
    const int thread = static_cast<int>(threadIdx.x), lane = thread % kWarp;
    if (lane < Tile::kAcross)
      for (int i = 0; i < Tile::kWidth; ++i)
        parts[thread / kWarp * Tile::kTileChannels + lane * Tile::kWidth + i] = {rows, first[i],
                                                                                 second[i]};
  });
}

// Where blocks leave what they know of a slice: partial [views, 2 * slices + 1, channels]. The last
// row of a view is for what all slices share.
struct Exchange {
  float* partial;
  int slices, channels;

  __device__ float* row(int view, int index) const {
    return partial + (long{view} * (2 * slices + 1) + index) * channels;
  }
  __device__ float* shared(int view) const { return row(view, 2 * slices); }
  __device__ void give(int view, int slice, int channel, float first, float second) const {
    row(view, 2 * slice)[channel] = first;
    row(view, 2 * slice + 1)[channel] = second;
  }
  // Of the slices, those of a view; known to the threads that speak for a channel.
  template <class Part, class Tile>
  __device__ Part of_view(const BatchNormCut& cut, const Tile& tile, int view) const {
    constexpr int kGroups = Tile::kThreads / Tile::kTileChannels;
    const int thread = static_cast<int>(threadIdx.x), channel = tile.own_channel();
    Part part;
    if (channel < channels)
      for (int slice = thread / Tile::kTileChannels; slice < slices; slice += kGroups) {
        const int begin = slice * cut.rows_per_slice;
        merge(part, Part{static_cast<float>(min(cut.rows_per_slice, tile.rows - begin)),
                         row(view, 2 * slice)[channel], row(view, 2 * slice + 1)[channel]});
      }
    return merged_groups<Part, Tile, kGroups>([&](Part* parts) { parts[thread] = part; });
  }
};

// Goes through the views with all blocks of the grid: pass.sum(view) leaves a slice's sums,
// pass.finish(view) needs those of all slices.
template <class Pass>
__device__ void go_through_views(const BatchNormCut& cut, int views, Pass& pass) {
  for (int i = 0; i < cut.capacity; ++i) pass.copy_next();
  for (int begin = 0; begin < views; begin += cut.together) {
    const int end = min(views, begin + cut.together);
    for (int view = begin; view < end; ++view) pass.sum(view);
    cooperative_groups::this_grid().sync();
    for (int view = begin; view < end; ++view) pass.finish(view);
  }
}

// Gives a view's results, batch by batch: give(begin, end) those of the first rounds from begin on.
// What is not kept comes first and backwards, because what was read last is nearest. Then every
// batch that was kept makes room for what comes next.
template <int kBatch, class Give, class CopyNext>
__device__ void give_view(const BatchNormCut& cut, const Give& give, const CopyNext& copy_next) {
  const int again = cut.rounds - cut.kept;
  for (int batch = (again + kBatch - 1) / kBatch - 1; batch >= 0; --batch)
    give(cut.kept + batch * kBatch, cut.rounds);
  for (int begin = 0; begin < cut.kept; begin += kBatch) {
    give(begin, cut.kept);
    __syncwarp();  // no read moves down here
    for (int i = 0; i < min(kBatch, cut.kept - begin); ++i) copy_next();
  }
}

// Calls f(tag) for the tile that the cut asks for; tag.Of is a Tile.
template <class Tile>
struct TileTag {
  using Of = Tile;
};
template <class T, int kThreads, class F>
void with_wide_tile(const BatchNormCut& cut, F&& f) {
  if (cut.tile_channels == 16)
    f(TileTag<Tile<T, 16, 16 / sizeof(T), kThreads>>{});
  else
    f(TileTag<Tile<T, 32, 16 / sizeof(T), kThreads>>{});
}
template <class T, int kThreads, class F>
void with_tile(const BatchNormCut& cut, F&& f) {
  if (cut.width == 1)
    f(TileTag<Tile<T, 32, 1, kThreads>>{});
  else
    with_wide_tile<T, kThreads>(cut, f);
}

inline Geometry geometry_of(const BatchNormCut& cut, int views) {
  const bool persistent = cut.schedule == BatchNormSchedule::Persistent;
  return {.grid = dim3(static_cast<unsigned>(cut.tiles), static_cast<unsigned>(cut.slices),
                       persistent ? 1 : static_cast<unsigned>(views)),
          .block = static_cast<unsigned>(cut.threads),
          .dynamic_shared_bytes = cut.shared_bytes(),
          .cooperative = persistent};
}

inline bool all_aligned(std::initializer_list<const void*> arrays) {
  return std::all_of(arrays.begin(), arrays.end(), [](const void* array) {
    return reinterpret_cast<std::uintptr_t>(array) % 16 == 0;
  });
}

}  // namespace kernels

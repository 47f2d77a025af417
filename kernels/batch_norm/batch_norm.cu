// Batch norm's forward pass on a GPU: statistics of every view, and what follows from them, in one
// launch wherever x can be kept (schedule.h). A block owns a tile of 16 or 32 channels of a slice
// of a view's rows, a thread 16 bytes of every kDown-th row, a warp neighbouring rows; one thread
// speaks for each channel when parts are merged.
//
// At best x (and the residual) is read and y written once: 2 (3) arrays and the ReLU's bits.
#include "kernels/batch_norm/normalise.cuh"

namespace kernels {
namespace {

template <class Tile>
class Forward {
 public:
  using T = typename Tile::Element;
  using Row = typename Tile::Row;

  __device__ Forward(const BatchNormSizes& s, const BatchNormCut& cut, const BatchNormForward<T>& t,
                     int slice, int first_view, int views)
      : cut_(cut),
        t_(t),
        slice_(slice),
        tile_(s, cut, slice),
        ring_(cut, first_view, views),
        exchange_{t.partial, cut.slices, s.channels} {}

  __device__ void copy_next() {
    ring_.copy_next([&](int view, int round, int slot) {
      if (tile_.has(round)) __pipeline_memcpy_async(kept(slot), t_.x + tile_.at(view, round), 16);
    });
  }

  // Distances are taken from the thread's own first row, so that nothing large cancels, and means
  // from the view's first row, which all blocks know: they stay small as long as x is near it.
  __device__ void sum(int view) {
    ring_.wait_for(view);
    const int first_slot = ring_.first_slot(view);
    const long view_start = long{view} * tile_.rows * tile_.channels;
    Row start = {}, reference = {};
    float mean[kWidth] = {}, squares[kWidth] = {};
    if (tile_.inside) reference = load_vector<kWidth>(t_.x + view_start + tile_.channel);
    if (tile_.has(0)) start = x_at(view, first_slot, 0);
    for (int round = 0; round < cut_.rounds; round += kBatch) {
      Row rows[kBatch] = {};
      repeat<kBatch>([&](int i) {
        if (tile_.has(round + i)) rows[i] = x_at(view, first_slot, round + i);
      });
      repeat<kBatch>([&](int i) {
        if (!tile_.has(round + i)) return;
        repeat<kWidth>([&](int k) {
          const float distance = static_cast<float>(rows[i][k]) - static_cast<float>(start[k]);
          mean[k] += distance;
          squares[k] += distance * distance;
        });
      });
    }
    const auto rows = static_cast<float>(tile_.inside ? tile_.rows_of_thread() : 0);
    if (rows > 0)
      for (int k = 0; k < kWidth; ++k) {
        const float from_start = mean[k] / rows;
        squares[k] -= mean[k] * from_start;
        mean[k] = static_cast<float>(start[k]) - static_cast<float>(reference[k]) + from_start;
      }
    const Moments part = of_block<Moments, Tile>(rows, mean, squares);
    if (!tile_.speaks()) return;
    const int channel = tile_.own_channel();
    exchange_.give(view, slice_, channel, part.first, part.second);
    // Kept, because y may be written over x before every block has asked.
    if (slice_ == 0)
      exchange_.shared(view)[channel] = static_cast<float>(t_.x[view_start + channel]);
  }

  __device__ void finish(int view) {
    const Affine<kWidth> affine = affine_of(view);
    const Normalise<T> to{t_.residual, t_.y, t_.positive != nullptr, t_.positive};
    const int first_slot = ring_.first_slot(view);
    give_view<Tile::kBatch>(
        cut_,
        [&](int begin, int end) {
          normalise_batch(tile_, to, view, affine, begin, end,
                          [&](int round) { return x_at(view, first_slot, round); });
        },
        [&] { copy_next(); });
  }

 private:
  static constexpr int kWidth = Tile::kWidth, kBatch = 4;

  __device__ Row* kept(int slot) const {
    return dynamic_shared<Row>() + slot * Tile::kThreads + static_cast<int>(threadIdx.x);
  }
  __device__ Row x_at(int view, int first_slot, int round) const {
    if (round < cut_.kept) return *kept(ring_.slot(first_slot, round));
    return load_vector<kWidth>(t_.x + tile_.at(view, round));
  }

  __device__ Affine<kWidth> affine_of(int view) const {
    __shared__ float mean[Tile::kTileChannels], scale[Tile::kTileChannels];
    const auto moments = exchange_.of_view<Moments>(cut_, tile_, view);
    if (tile_.speaks()) {
      const int channel = tile_.own_channel();
      const long of_view = long{view} * tile_.channels + channel;
      const auto rows = static_cast<float>(tile_.rows);
      const float squares = moments.second < 0 ? 0.0f : moments.second;  // NaN stays NaN
      const float average = exchange_.shared(view)[channel] + moments.first;
      const float inv_std = 1 / sqrtf(squares / rows + t_.epsilon);
      mean[threadIdx.x] = average;
      scale[threadIdx.x] = t_.gamma[channel] * inv_std;
      if (slice_ == 0) {
        t_.mean[of_view] = average;
        t_.inv_std[of_view] = inv_std;
        if (view == 0) {
          const float variance = tile_.rows > 1 ? squares / (rows - 1) : squares;
          t_.running_mean[channel] += t_.momentum * (average - t_.running_mean[channel]);
          t_.running_variance[channel] += t_.momentum * (variance - t_.running_variance[channel]);
        }
      }
    }
    __syncthreads();
    Affine<kWidth> affine = {};
    const int first = tile_.channel % Tile::kTileChannels;
    if (tile_.inside)
      for (int k = 0; k < kWidth; ++k) {
        affine.mean[k] = mean[first + k];
        affine.scale[k] = scale[first + k];
        affine.beta[k] = t_.beta[tile_.channel + k];
      }
    return affine;
  }

  const BatchNormCut& cut_;
  const BatchNormForward<T>& t_;
  int slice_;
  Tile tile_;
  Ring ring_;
  Exchange exchange_;
};

template <class Tile>
__global__ void __launch_bounds__(Tile::kThreads, Tile::kBlocks)
    batch_norm_whole_tiles(BatchNormSizes s, BatchNormCut cut,
                           BatchNormForward<typename Tile::Element> t) {
  const int view = static_cast<int>(blockIdx.z);
  Forward<Tile> pass(s, cut, t, 0, view, 1);
  for (int round = 0; round < cut.rounds; ++round) pass.copy_next();
  pass.sum(view);
  pass.finish(view);  // who speaks for a channel reads only what it has written itself
}

template <class Tile>
__global__ void __launch_bounds__(Tile::kThreads, Tile::kBlocks)
    batch_norm_persistent(BatchNormSizes s, BatchNormCut cut,
                          BatchNormForward<typename Tile::Element> t) {
  Forward<Tile> pass(s, cut, t, static_cast<int>(blockIdx.y), 0, s.views);
  go_through_views(cut, s.views, pass);
}

template <class Tile>
__global__ void __launch_bounds__(Tile::kThreads, Tile::kBlocks)
    batch_norm_sums(BatchNormSizes s, BatchNormCut cut,
                    BatchNormForward<typename Tile::Element> t) {
  const int view = static_cast<int>(blockIdx.z);
  Forward<Tile>(s, cut, t, static_cast<int>(blockIdx.y), view, 1).sum(view);
}

// Begins where batch_norm_sums ended: what was read last is likeliest to be near.
template <class Tile>
__global__ void __launch_bounds__(Tile::kThreads, Tile::kBlocks)
    batch_norm_finish(BatchNormSizes s, BatchNormCut cut,
                      BatchNormForward<typename Tile::Element> t) {
  const int view = s.views - 1 - static_cast<int>(blockIdx.z);
  const int slice = cut.slices - 1 - static_cast<int>(blockIdx.y);
  Forward<Tile>(s, cut, t, slice, view, 1).finish(view);
}

}  // namespace

template <class T>
void batch_norm_forward(Cuda cuda, BatchNormSizes s, const BatchNormForward<T>& t) {
  const BatchNormCut cut =
      batch_norm_forward_cut(cuda, s, sizeof(T), all_aligned({t.x, t.residual, t.y}));
  const Geometry geometry = geometry_of(cut, s.views);
  switch (cut.schedule) {
    case BatchNormSchedule::WholeTiles:
      return launch(cuda, geometry, batch_norm_whole_tiles<Tile<T, 16, 16 / sizeof(T), kThreads>>,
                    s, cut, t);
    case BatchNormSchedule::Persistent:
      return with_wide_tile<T, kPersistentThreads>(cut, [&](auto tag) {
        launch(cuda, geometry, batch_norm_persistent<typename decltype(tag)::Of>, s, cut, t);
      });
    case BatchNormSchedule::TwoPasses:
      return with_tile<T, kThreads>(cut, [&](auto tag) {
        launch(cuda, geometry, batch_norm_sums<typename decltype(tag)::Of>, s, cut, t);
        launch(cuda, geometry, batch_norm_finish<typename decltype(tag)::Of>, s, cut, t);
      });
  }
}

long batch_norm_partial_size(Cuda cuda, const BatchNormSizes& s) {
  return long{s.views} * (2 * std::min(s.rows, most_slices(cuda, s)) + 1) * s.channels;
}

template void batch_norm_forward(Cuda, BatchNormSizes, const BatchNormForward<float>&);
template void batch_norm_forward(Cuda, BatchNormSizes, const BatchNormForward<bfloat16>&);

}  // namespace kernels

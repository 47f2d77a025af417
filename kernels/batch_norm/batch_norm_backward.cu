// Batch norm's gradients on a GPU: two sums over every view, and what follows from them, in one
// launch wherever enough of d_y and x can be kept (schedule.h). Blocks, warps and threads own what
// they own in batch_norm.cu. A block keeps d_y, x and the ReLU's bits of the same rows, because
// whatever is kept saves as much as it takes; d_gamma and d_beta are added up by the blocks of the
// first slices, in the order of the views.
//
// At best d_y and x are read and d_x (and d_residual) written once: 3 (4) arrays and the bits.
#include "kernels/batch_norm/tiles.cuh"

namespace kernels {
namespace {

// What a thread reads in a round.
template <class Tile>
struct Read {
  typename Tile::Row d_y, x;
  unsigned bits = 0;  // of its channels, from bit 0 on

  __device__ float gradient(int k) const {
    return bits >> k & 1u ? static_cast<float>(d_y[k]) : 0.0f;
  }
};

template <class Tile>
class Backward {
 public:
  using T = typename Tile::Element;
  using Row = typename Tile::Row;

  __device__ Backward(const BatchNormSizes& s, const BatchNormCut& cut,
                      const BatchNormBackward<T>& t, int slice, int first_view, int views)
      : cut_(cut),
        t_(t),
        slice_(slice),
        tile_(s, cut, slice),
        ring_(cut, first_view, views),
        exchange_{t.partial, cut.slices, s.channels} {}

  __device__ void copy_next() {
    ring_.copy_next([&](int view, int round, int slot) {
      if (!tile_.has(round)) return;
      const long at = tile_.at(view, round);
      __pipeline_memcpy_async(kept_d_y(slot), t_.d_y + at, 16);
      __pipeline_memcpy_async(kept_x(slot), t_.x + at, 16);
      if (t_.positive) __pipeline_memcpy_async(kept_word(slot), word(view, round), 4);
    });
  }

  // Of g, and of g * (x - mean).
  __device__ void sum(int view) {
    ring_.wait_for(view);
    const int first_slot = ring_.first_slot(view);
    float mean[kWidth] = {}, gradient[kWidth] = {}, projected[kWidth] = {};
    if (tile_.inside)
      for (int k = 0; k < kWidth; ++k)
        mean[k] = t_.mean[long{view} * tile_.channels + tile_.channel + k];
    for (int round = 0; round < cut_.rounds; round += kBatch) {
      Read<Tile> rows[kBatch] = {};
      repeat<kBatch>([&](int i) {
        if (tile_.has(round + i)) rows[i] = read(view, first_slot, round + i);
      });
      repeat<kBatch>([&](int i) {
        if (!tile_.has(round + i)) return;
        repeat<kWidth>([&](int k) {
          const float g = rows[i].gradient(k);
          gradient[k] += g;
          projected[k] += g * (static_cast<float>(rows[i].x[k]) - mean[k]);
        });
      });
    }
    const Sums part = of_block<Sums, Tile>(0, gradient, projected);
    if (tile_.speaks()) exchange_.give(view, slice_, tile_.own_channel(), part.first, part.second);
  }

  // Adds to this thread's shares of d_beta and d_gamma what a view gives. All threads come.
  struct OfView {
    float gradient, projected;  // sums of g, and of g * x_hat
  };
  __device__ OfView add(int view) {
    const auto sums = exchange_.of_view<Sums>(cut_, tile_, view);
    if (!tile_.speaks()) return {};
    const OfView of_view{sums.first, sums.second * inv_std(view)};
    d_beta_ += of_view.gradient;
    d_gamma_ += of_view.projected;
    return of_view;
  }
  // After the last view.
  __device__ void give_parameters() const {
    if (slice_ > 0 || !tile_.speaks()) return;
    give(t_.d_gamma[tile_.own_channel()], d_gamma_, t_.gamma_mode);
    give(t_.d_beta[tile_.own_channel()], d_beta_, t_.beta_mode);
  }

  __device__ void finish(int view) { finish(view, add(view)); }

  __device__ void finish(int view, const OfView& sums) {
    give_slopes(view, sums);
    const int first_slot = ring_.first_slot(view);
    give_view<kBatch>(
        cut_, [&](int begin, int end) { give_batch(view, first_slot, begin, end); },
        [&] { copy_next(); });
  }

 private:
  static constexpr int kWidth = Tile::kWidth, kBatch = 2;

  // d_x = gradient * g + distance * (x - mean) + constant, by channel of the tile. Read where they
  // are used: there are too many to keep in registers.
  enum Slope { kOfGradient, kOfDistance, kConstant, kMean, kSlopes };
  __device__ static float* slopes(Slope which) {
    alignas(16) __shared__ float of_tile[kSlopes][Tile::kTileChannels];
    return of_tile[which];
  }
  static constexpr int kSome = kWidth < 4 ? kWidth : 4;
  // Of channels k ... k + kSome - 1 of this thread.
  __device__ Vector<float, kSome> slopes_at(Slope which, int k) const {
    return load_vector<kSome>(slopes(which) + tile_.channel % Tile::kTileChannels + k);
  }
  __device__ void give_slopes(int view, const OfView& sums) const {
    if (tile_.speaks()) {
      const int channel = tile_.own_channel(), i = static_cast<int>(threadIdx.x);
      const float scale = t_.gamma[channel] * inv_std(view);
      const float share = 1 / static_cast<float>(tile_.rows);
      slopes(kOfGradient)[i] = scale;
      slopes(kOfDistance)[i] = -scale * inv_std(view) * sums.projected * share;
      slopes(kConstant)[i] = -scale * sums.gradient * share;
      slopes(kMean)[i] = t_.mean[long{view} * tile_.channels + channel];
    }
    __syncthreads();
  }

  // The gradients of the first rounds from `begin` on, kBatch of them where `end` is not nearer.
  __device__ void give_batch(int view, int first_slot, int begin, int end) const {
    Read<Tile> rows[kBatch] = {};
    Row d_x[kBatch] = {}, d_residual[kBatch] = {};
    repeat<kBatch>([&](int i) {
      if (begin + i >= end || !tile_.has(begin + i)) return;
      const long at = tile_.at(view, begin + i);
      rows[i] = read(view, first_slot, begin + i);
      if (t_.d_x && t_.x_mode == GradientMode::Accumulate)
        d_x[i] = load_vector<kWidth>(t_.d_x + at);
      if (t_.d_residual && t_.residual_mode == GradientMode::Accumulate)
        d_residual[i] = load_vector<kWidth>(t_.d_residual + at);
    });
    if (t_.d_residual)
      repeat<kBatch>([&](int i) {
        repeat<kWidth>(
            [&](int k) { give(d_residual[i][k], rows[i].gradient(k), t_.residual_mode); });
      });
    if (t_.d_x)
      repeat<kWidth / kSome>([&](int some) {
        const auto of_gradient = slopes_at(kOfGradient, some * kSome);
        const auto of_distance = slopes_at(kOfDistance, some * kSome);
        const auto constant = slopes_at(kConstant, some * kSome);
        const auto mean = slopes_at(kMean, some * kSome);
        repeat<kBatch>([&](int i) {
          repeat<kSome>([&](int j) {
            const int k = some * kSome + j;
            const float distance = static_cast<float>(rows[i].x[k]) - mean[j];
            give(d_x[i][k],
                 of_gradient[j] * rows[i].gradient(k) + (of_distance[j] * distance + constant[j]),
                 t_.x_mode);
          });
        });
      });
    repeat<kBatch>([&](int i) {
      if (begin + i >= end || !tile_.has(begin + i)) return;
      const long at = tile_.at(view, begin + i);
      if (t_.d_residual) store_vector(t_.d_residual + at, d_residual[i]);
      if (t_.d_x) store_vector(t_.d_x + at, d_x[i]);
    });
  }

  template <class E>
  __device__ static void give(E& element, float gradient, GradientMode mode) {
    element =
        E(mode == GradientMode::Accumulate ? static_cast<float>(element) + gradient : gradient);
  }

  __device__ float inv_std(int view) const {
    return t_.inv_std[long{view} * tile_.channels + tile_.own_channel()];
  }

  // A slot holds a row of d_y and one of x for each thread; behind all slots are the words of bits.
  __device__ Row* kept_d_y(int slot) const {
    return dynamic_shared<Row>() + 2 * slot * Tile::kThreads + static_cast<int>(threadIdx.x);
  }
  __device__ Row* kept_x(int slot) const { return kept_d_y(slot) + Tile::kThreads; }
  __device__ std::uint32_t* kept_word(int slot) const {
    return reinterpret_cast<std::uint32_t*>(dynamic_shared<Row>() +
                                            2 * cut_.capacity * Tile::kThreads) +
           slot * Tile::kThreads + static_cast<int>(threadIdx.x);
  }
  __device__ const std::uint32_t* word(int view, int round) const {
    return t_.positive + tile_.bits_at(view, round) * ((tile_.channels + 31) / 32) +
           tile_.channel / 32;
  }
  __device__ Read<Tile> read(int view, int first_slot, int round) const {
    Read<Tile> all = {};
    unsigned bits = ~0u;
    if (round < cut_.kept) {
      const int slot = ring_.slot(first_slot, round);
      all.d_y = *kept_d_y(slot);
      all.x = *kept_x(slot);
      if (t_.positive) bits = *kept_word(slot);
    } else {
      const long at = tile_.at(view, round);
      all.d_y = load_vector<kWidth>(t_.d_y + at);
      all.x = load_vector<kWidth>(t_.x + at);
      if (t_.positive) bits = *word(view, round);
    }
    all.bits = t_.positive ? bits >> tile_.channel % 32 : bits;
    return all;
  }

  const BatchNormCut& cut_;
  const BatchNormBackward<T>& t_;
  int slice_;
  Tile tile_;
  Ring ring_;
  Exchange exchange_;
  float d_gamma_ = 0, d_beta_ = 0;  // of the thread that speaks for a channel
};

template <class Tile>
__global__ void __launch_bounds__(Tile::kThreads, Tile::kBlocks)
    batch_norm_backward_persistent(BatchNormSizes s, BatchNormCut cut,
                                   BatchNormBackward<typename Tile::Element> t) {
  Backward<Tile> pass(s, cut, t, static_cast<int>(blockIdx.y), 0, s.views);
  go_through_views(cut, s.views, pass);
  pass.give_parameters();
}

template <class Tile>
__global__ void __launch_bounds__(Tile::kThreads, Tile::kBlocks)
    batch_norm_backward_sums(BatchNormSizes s, BatchNormCut cut,
                             BatchNormBackward<typename Tile::Element> t) {
  const int view = static_cast<int>(blockIdx.z);
  Backward<Tile>(s, cut, t, static_cast<int>(blockIdx.y), view, 1).sum(view);
}

// The last view's blocks of the first slice add up all views: they are the first to start.
template <class Tile>
__global__ void __launch_bounds__(Tile::kThreads, Tile::kBlocks)
    batch_norm_backward_finish(BatchNormSizes s, BatchNormCut cut,
                               BatchNormBackward<typename Tile::Element> t) {
  const int view = s.views - 1 - static_cast<int>(blockIdx.z);
  const int slice = static_cast<int>(blockIdx.y);
  Backward<Tile> pass(s, cut, t, slice, view, 1);
  if (slice == 0 && view == s.views - 1)
    for (int earlier = 0; earlier < view; ++earlier) pass.add(earlier);
  const auto sums = pass.add(view);
  if (view == s.views - 1) pass.give_parameters();
  if (t.d_x || t.d_residual) pass.finish(view, sums);
}

}  // namespace

template <class T>
void batch_norm_backward(Cuda cuda, BatchNormSizes s, const BatchNormBackward<T>& t) {
  const BatchNormCut cut = batch_norm_backward_cut(
      cuda, s, sizeof(T), all_aligned({t.d_y, t.x, t.d_x, t.d_residual}), t.positive != nullptr);
  const Geometry geometry = geometry_of(cut, s.views);
  if (cut.schedule == BatchNormSchedule::Persistent)
    return with_wide_tile<T, kPersistentThreads>(cut, [&](auto tag) {
      launch(cuda, geometry, batch_norm_backward_persistent<typename decltype(tag)::Of>, s, cut, t);
    });
  with_tile<T, kThreads>(cut, [&](auto tag) {
    launch(cuda, geometry, batch_norm_backward_sums<typename decltype(tag)::Of>, s, cut, t);
    launch(cuda, geometry, batch_norm_backward_finish<typename decltype(tag)::Of>, s, cut, t);
  });
}

template void batch_norm_backward(Cuda, BatchNormSizes, const BatchNormBackward<float>&);
template void batch_norm_backward(Cuda, BatchNormSizes, const BatchNormBackward<bfloat16>&);

}  // namespace kernels

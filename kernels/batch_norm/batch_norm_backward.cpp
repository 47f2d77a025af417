#include "kernels/base/write.h"
#include "kernels/batch_norm/blocks.h"

namespace kernels {
namespace {

// What the rows of a block hold. A copy of t's members, because the compiler cannot know that
// nothing is stored over t.
template <bool kRelu, class T>
struct Rows {
  Rows(const BatchNormSizes& s, const BatchNormBackward<T>& t, const BatchNormBlock& block)
      : channels(s.channels),
        words(s.words()),
        d_y(t.d_y + block.first_row * channels),
        x(t.x + block.first_row * channels),
        positive(kRelu ? t.positive + block.first_row * words : nullptr),
        mean(t.mean + long{block.view} * channels) {}

  void prefetch_at(int row, int channel, long bytes) const {
    prefetch(d_y + long{row} * channels + channel, bytes);
    prefetch(x + long{row} * channels + channel, bytes);
  }
  // g: d_y where the ReLU let y pass.
  Lanes gradient(int row, int channel, int count) const {
    const Lanes g = load(d_y + long{row} * channels + channel, count);
    if constexpr (!kRelu) return g;
    return where(positive[long{row} * words + channel / 32] >> (channel % 32), g);
  }
  Lanes distance(int row, int channel, int count) const {
    return load(x + long{row} * channels + channel, count) - load(mean + channel, count);
  }

  int channels, words;
  const T *d_y, *x;
  const std::uint32_t* positive;
  const float* mean;
};

// Sums of g and of g * (x - mean) over a block, per channel.
template <bool kRelu, class T>
void block_sums(const BatchNormSizes& s, const BatchNormBackward<T>& t,
                const BatchNormBlock& block) {
  struct Terms {
    Lanes gradient, projected;
  };
  const Rows<kRelu, T> rows(s, t, block);
  const BatchNormPartial partial{t.partial};
  const long ahead = bytes_ahead<T>(s.channels);
  sum_rows(block.rows, s.channels, partial.sum(s, block.view, block.index, 0),
           partial.sum(s, block.view, block.index, 1), [=](int row, int channel, int count) {
             rows.prefetch_at(row, channel, ahead);
             const Lanes g = rows.gradient(row, channel, count);
             return Terms{g, g * rows.distance(row, channel, count)};
           });
}

// What a view's blocks add up to, taken in order.
enum OfView { kOfGradient, kOfDistance, kConstant, kSum, kProjected };

// Leaves the coefficients of d_x = a * g + b * (x - mean) + c, and the view's share of d_beta and
// d_gamma.
template <class T>
void view_sums(const BatchNormSizes& s, const BatchNormBackward<T>& t, int view) {
  const BatchNormPartial partial{t.partial};
  for_channel_groups(s.channels, [&](int channel, int count) {
    DoubleLanes sum{}, projected{};
    for (int i = 0; i < s.blocks(); ++i) {
      sum += widened(load(partial.sum(s, view, i, 0) + channel, count));
      projected += widened(load(partial.sum(s, view, i, 1) + channel, count));
    }
    const DoubleLanes inv_std = widened(load(t.inv_std + long{view} * s.channels + channel, count));
    projected *= inv_std;
    const DoubleLanes a = widened(load(t.gamma + channel, count)) * inv_std;
    const double share = 1.0 / s.rows;
    const auto keep = [&](OfView which, DoubleLanes value) {
      store(partial.of_view(s, view, which) + channel, rounded(value), count);
    };
    keep(kOfGradient, a);
    keep(kOfDistance, -a * inv_std * projected * share);
    keep(kConstant, -a * sum * share);
    keep(kSum, sum);
    keep(kProjected, projected);
  });
}

// The gradient of gamma or beta: all views' shares, in order.
void add_views(const BatchNormSizes& s, BatchNormPartial partial, OfView which, float* gradient,
               GradientMode mode) {
  for_channel_groups(s.channels, [&](int channel, int count) {
    DoubleLanes sum{};
    for (int view = 0; view < s.views; ++view)
      sum += widened(load(partial.of_view(s, view, which) + channel, count));
    Lanes total = rounded(sum);
    if (mode == GradientMode::Accumulate) total += load(gradient + channel, count);
    store(gradient + channel, total, count);
  });
}

template <bool kRelu, class T>
void block_gradients(const BatchNormSizes& s, const BatchNormBackward<T>& t,
                     const BatchNormBlock& block) {
  const BatchNormPartial partial{t.partial};
  const float* a = partial.of_view(s, block.view, kOfGradient);
  const float* b = partial.of_view(s, block.view, kOfDistance);
  const float* c = partial.of_view(s, block.view, kConstant);
  const auto way = [&](const T* to, GradientMode mode) {
    return way_to_write(to, long{s.views} * s.rows, s.channels, {t.d_y, t.x}, mode);
  };
  const Write x_way = way(t.d_x, t.x_mode);
  const Write residual_way = way(t.d_residual, t.residual_mode);
  const Rows<kRelu, T> rows(s, t, block);
  T *d_x = t.d_x, *d_residual = t.d_residual;
  for (int r = 0; r < block.rows; ++r)
    for_channel_groups(rows.channels, [&](int channel, int count) {
      rows.prefetch_at(r, channel, kAhead);
      const Lanes g = rows.gradient(r, channel, count);
      const Lanes distance = rows.distance(r, channel, count);
      const long at = (block.first_row + r) * rows.channels + channel;
      if (residual_way != Write::None) write(residual_way, d_residual + at, g, count);
      if (x_way != Write::None)
        write(x_way, d_x + at,
              load(a + channel, count) * g + load(b + channel, count) * distance +
                  load(c + channel, count),
              count);
    });
  finish_streams();
}

template <bool kRelu, class T>
void backward(Cpu cpu, const BatchNormSizes& s, const BatchNormBackward<T>& t) {
  two_passes(
      cpu, s, 2 * sizeof(T), [&](const BatchNormBlock& block) { block_sums<kRelu>(s, t, block); },
      [&](int view) { view_sums(s, t, view); },
      [&](const BatchNormBlock& block) {
        if (t.d_x || t.d_residual) block_gradients<kRelu>(s, t, block);
      });
  add_views(s, {t.partial}, kProjected, t.d_gamma, t.gamma_mode);
  add_views(s, {t.partial}, kSum, t.d_beta, t.beta_mode);
}

}  // namespace

template <class T>
void batch_norm_backward(Cpu cpu, BatchNormSizes s, const BatchNormBackward<T>& t) {
  (t.positive ? backward<true, T> : backward<false, T>)(cpu, s, t);
}

template void batch_norm_backward<float>(Cpu, BatchNormSizes, const BatchNormBackward<float>&);
template void batch_norm_backward<bfloat16>(Cpu, BatchNormSizes,
                                            const BatchNormBackward<bfloat16>&);

}  // namespace kernels

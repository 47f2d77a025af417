#include "kernels/batch_norm/batch_norm.h"

#include <cmath>

#include "kernels/batch_norm/apply.h"

namespace kernels {
namespace {

// Mean of a block and the sum of squared distances from it, per channel. Distances are taken from
// the mean of the first rows, and their own mean corrects both results: x is read once, and nothing
// large cancels.
template <class T>
void block_statistics(int stride, int channels, int rows, const T* x, float* mean, float* squares) {
  constexpr int kMost = 512;
  for (; channels > kMost; channels -= kMost, x += kMost, mean += kMost, squares += kMost)
    block_statistics(stride, kMost, rows, x, mean, squares);

  alignas(sizeof(Lanes)) float centre[kMost];
  const int some = std::min(rows, 8);
  for_channel_groups(channels, [&](int channel, int count) {
    Lanes sum{};
    for (int r = 0; r < some; ++r) sum += load(x + long{r} * stride + channel, count);
    store(centre + channel, sum * (1.0f / static_cast<float>(some)), count);
  });
  struct Terms {
    Lanes distance, square;
  };
  const long ahead = bytes_ahead<T>(stride);
  sum_rows(rows, channels, mean, squares, [&](int row, int channel, int count) {
    const T* from = x + long{row} * stride + channel;
    prefetch(from, ahead);
    const Lanes distance = load(from, count) - load(centre + channel, count);
    return Terms{distance, distance * distance};
  });
  const float share = 1.0f / static_cast<float>(rows);
  for_channel_groups(channels, [&](int channel, int count) {
    const Lanes distance = load(mean + channel, count);
    store(mean + channel, load(centre + channel, count) + distance * share, count);
    store(squares + channel, load(squares + channel, count) - distance * distance * share, count);
  });
}

// Statistics of a view from those of its blocks, taken in order: squared distances within blocks,
// and those of the blocks' means.
template <class T>
void view_statistics(const BatchNormSizes& s, const BatchNormForward<T>& t, int view) {
  const BatchNormPartial partial{t.partial};
  for_channel_groups(s.channels, [&](int channel, int count) {
    const auto sum_over_blocks = [&](auto term) {
      DoubleLanes sum{};
      for (int i = 0; i < s.blocks(); ++i)
        sum += term(widened(load(partial.sum(s, view, i, 0) + channel, count)),
                    widened(load(partial.sum(s, view, i, 1) + channel, count)),
                    static_cast<double>(BatchNormBlock(s, view, i).rows));
      return sum;
    };
    const DoubleLanes mean = sum_over_blocks([](DoubleLanes block_mean, DoubleLanes, double rows) {
                               return block_mean * rows;
                             }) /
                             static_cast<double>(s.rows);
    const DoubleLanes squares =
        sum_over_blocks([&](DoubleLanes block_mean, DoubleLanes within, double rows) {
          return within + (block_mean - mean) * (block_mean - mean) * rows;
        });
    for (int i = 0; i < count; ++i) {
      const int c = channel + i, of_view = view * s.channels + c;
      const double positive = squares[i] < 0 ? 0.0 : squares[i];  // NaN stays NaN
      const double variance = positive / s.rows;
      t.mean[of_view] = static_cast<float>(mean[i]);
      t.inv_std[of_view] =
          static_cast<float>(1 / std::sqrt(variance + static_cast<double>(t.epsilon)));
      // From the rounded number that is saved, so that batch_norm_recompute() has the same scale.
      partial.of_view(s, view, 0)[c] = t.gamma[c] * t.inv_std[of_view];
      if (view > 0) continue;
      const double unbiased = s.rows > 1 ? positive / (s.rows - 1) : positive;
      const auto follow = [&](float& running, double statistic) {
        running += static_cast<float>(static_cast<double>(t.momentum) *
                                      (statistic - static_cast<double>(running)));
      };
      follow(t.running_mean[c], mean[i]);
      follow(t.running_variance[c], unbiased);
    }
  });
}

}  // namespace

template <class T>
void batch_norm_forward(Cpu cpu, BatchNormSizes s, const BatchNormForward<T>& t) {
  const BatchNormPartial partial{t.partial};
  const Write way = way_to_write(t.y, long{s.views} * s.rows, s.channels, {t.x, t.residual});
  two_passes(
      cpu, s, sizeof(T),
      [&](const BatchNormBlock& block) {
        block_statistics(s.channels, s.channels, block.rows, t.x + block.first_row * s.channels,
                         partial.sum(s, block.view, block.index, 0),
                         partial.sum(s, block.view, block.index, 1));
      },
      [&](int view) { view_statistics(s, t, view); },
      [&](const BatchNormBlock& block) {
        batch_norm_apply<T>(s, block,
                            {.x = t.x,
                             .residual = t.residual,
                             .scale = partial.of_view(s, block.view, 0),
                             .mean = t.mean + long{block.view} * s.channels,
                             .beta = t.beta,
                             .y = t.y,
                             .relu = t.positive != nullptr,
                             .positive = t.positive,
                             .way = way});
      });
}

template <class T>
void batch_norm_recompute(Cpu cpu, BatchNormSizes s, const BatchNormRecompute<T>& t) {
  float* scale = t.partial;
  for (int view = 0; view < s.views; ++view)
    for (int c = 0; c < s.channels; ++c)
      scale[view * s.channels + c] = t.gamma[c] * t.inv_std[view * s.channels + c];
  const Write way = way_to_write(t.y, long{s.views} * s.rows, s.channels, {t.x, t.residual});
  cpu.pool->run(s.views * s.blocks(), [&](int task, int) {
    const BatchNormBlock block(s, task / s.blocks(), task % s.blocks());
    const long at = long{block.view} * s.channels;
    batch_norm_apply<T>(s, block,
                        {.x = t.x,
                         .residual = t.residual,
                         .scale = scale + at,
                         .mean = t.mean + at,
                         .beta = t.beta,
                         .y = t.y,
                         .relu = t.relu,
                         .positive = nullptr,
                         .way = way});
  });
}

template <class T>
void batch_norm_inference(Cpu cpu, BatchNormSizes s, const BatchNormInference<T>& t) {
  float* scale = t.partial;
  batch_norm_inference_scale(s.channels, t.gamma, t.running_variance, t.epsilon, scale);
  const Write way = way_to_write(t.y, long{s.views} * s.rows, s.channels, {t.x, t.residual});
  cpu.pool->run(s.views * s.blocks(), [&](int task, int) {
    batch_norm_apply<T>(s, BatchNormBlock(s, task / s.blocks(), task % s.blocks()),
                        {.x = t.x,
                         .residual = t.residual,
                         .scale = scale,
                         .mean = t.running_mean,
                         .beta = t.beta,
                         .y = t.y,
                         .relu = t.relu,
                         .positive = nullptr,
                         .way = way});
  });
}

template void batch_norm_forward<float>(Cpu, BatchNormSizes, const BatchNormForward<float>&);
template void batch_norm_forward<bfloat16>(Cpu, BatchNormSizes, const BatchNormForward<bfloat16>&);
template void batch_norm_recompute<float>(Cpu, BatchNormSizes, const BatchNormRecompute<float>&);
template void batch_norm_recompute<bfloat16>(Cpu, BatchNormSizes,
                                             const BatchNormRecompute<bfloat16>&);
template void batch_norm_inference<float>(Cpu, BatchNormSizes, const BatchNormInference<float>&);
template void batch_norm_inference<bfloat16>(Cpu, BatchNormSizes,
                                             const BatchNormInference<bfloat16>&);

}  // namespace kernels

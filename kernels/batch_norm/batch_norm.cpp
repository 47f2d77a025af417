// Two passes over memory: sums of each block of rows (whose second reading comes from the cache),
// then the result. Sixteen channels at a time stay in registers along the rows of a block.
#include "kernels/batch_norm/batch_norm.h"

#include <algorithm>
#include <cmath>

#include "kernels/base/for_each_part.h"
#include "kernels/base/lanes.h"

namespace kernels {
namespace {

// The rows of one view that one task works on.
struct Block {
  Block(const BatchNormSizes& sizes, int task)
      : view(task / sizes.blocks()),
        index(task % sizes.blocks()),
        rows(std::min(sizes.rows_per_block(), sizes.rows - index * sizes.rows_per_block())),
        first_row(long{view} * sizes.rows + long{index} * sizes.rows_per_block()) {}
  int view, index, rows;
  long first_row;  // counted through all views
};

// Two sums per block and channel, and the two coefficients or totals per view they lead to.
struct Partial {
  float* block(const BatchNormSizes& s, int view, int index, int which) const {
    return data + ((long{view} * s.blocks() + index) * 2 + which) * s.channels;
  }
  float* coefficient(const BatchNormSizes& s, int view, int which) const {
    return data + (long{s.views} * s.blocks() * 2 + long{view} * 4 + which) * s.channels;
  }
  float* data;
};

// Calls f(channel, count) for each group of channels, with a constant count where it is full.
template <class F>
void for_channel_groups(int channels, F f) {
  int channel = 0;
  for (; channel + kLanes <= channels; channel += kLanes) f(channel, kLanes);
  if (channel < channels) f(channel, channels - channel);
}

// Mean of a block and the sum of squared distances from it, per channel. Distances are taken from a
// first, rounded mean, and their own mean corrects both results: where numbers are far from 0, that
// rounding is far from nothing.
template <class T>
void block_statistics(const BatchNormSizes& s, const T* x, int rows, float* mean, float* squares) {
  const float share = 1.0f / static_cast<float>(rows);
  for_channel_groups(s.channels, [&](int channel, int count) {
    const T* from = x + channel;
    Lanes sum[2] = {};
    int r = 0;
    for (; r + 2 <= rows; r += 2)
      for (int k = 0; k < 2; ++k) sum[k] += load(from + long{r + k} * s.channels, count);
    if (r < rows) sum[0] += load(from + long{r} * s.channels, count);
    const Lanes centre = (sum[0] + sum[1]) * share;
    Lanes distances[2] = {}, square[2] = {};
    const auto add = [&](int row, int k) {
      const Lanes distance = load(from + long{row} * s.channels, count) - centre;
      distances[k] += distance;
      square[k] += distance * distance;
    };
    for (r = 0; r + 2 <= rows; r += 2) {
      add(r, 0);
      add(r + 1, 1);
    }
    if (r < rows) add(r, 0);
    const Lanes distance = distances[0] + distances[1];
    store(mean + channel, centre + distance * share, count);
    store(squares + channel, square[0] + square[1] - distance * distance * share, count);
  });
}

// Statistics of a view from those of its blocks, taken in order: squared distances within blocks,
// and those of the blocks' means.
template <class T>
void view_statistics(const BatchNormSizes& s, const BatchNormForward<T>& t, int view, int c) {
  const Partial partial{t.partial};
  const auto sum_over_blocks = [&](auto term) {
    double sum = 0;
    for (int block = 0; block < s.blocks(); ++block)
      sum += term(static_cast<double>(partial.block(s, view, block, 0)[c]),
                  static_cast<double>(partial.block(s, view, block, 1)[c]),
                  std::min(s.rows_per_block(), s.rows - block * s.rows_per_block()));
    return sum;
  };
  const double mean =
      sum_over_blocks([](double block_mean, double, int rows) { return block_mean * rows; }) /
      s.rows;
  const double rounded = sum_over_blocks([mean](double block_mean, double squares, int rows) {
    return squares + (block_mean - mean) * (block_mean - mean) * rows;
  });
  const double squares = std::max(rounded, 0.0);  // NaN stays NaN
  const double inv_std = 1 / std::sqrt(squares / s.rows + static_cast<double>(t.epsilon));
  t.mean[view * s.channels + c] = static_cast<float>(mean);
  t.inv_std[view * s.channels + c] = static_cast<float>(inv_std);
  // From the rounded number that is saved, so that batch_norm_recompute() has the same scale.
  partial.coefficient(s, view, 0)[c] = t.gamma[c] * t.inv_std[view * s.channels + c];
  if (view > 0) return;
  const double unbiased = s.rows > 1 ? squares / (s.rows - 1) : squares;
  const double momentum = static_cast<double>(t.momentum);
  t.running_mean[c] +=
      static_cast<float>(momentum * (mean - static_cast<double>(t.running_mean[c])));
  t.running_variance[c] +=
      static_cast<float>(momentum * (unbiased - static_cast<double>(t.running_variance[c])));
}

// Calls f(channel) for every channel, shared among the threads by what the blocks' sums take.
template <class F>
void for_each_channel(Cpu cpu, const BatchNormSizes& s, F f) {
  constexpr long kSteps = 8;  // of an element-wise loop take the time of one block's sums
  for_each_part(cpu, s.channels, s.views * s.blocks() * kSteps, [&](Range range) {
    for (long c = range.begin; c < range.end; ++c) f(static_cast<int>(c));
  });
}

// y = scale * (x - mean) + beta (+ residual), through the ReLU where there is one. Bits are kept
// where `positive` is given. The difference comes first: scale * x can be far larger than y.
template <bool kResidual, bool kRelu, class T>
void apply(const BatchNormSizes& s, long first_row, int rows, const float* scale, const float* mean,
           const float* beta, const T* x, const T* residual, T* y, std::uint32_t* positive) {
  for (int r = 0; r < rows; ++r) {
    const long at = (first_row + r) * s.channels;
    std::uint32_t* words = positive + (kRelu && positive ? (first_row + r) * s.words() : 0);
    for_channel_groups(s.channels, [&](int channel, int count) {
      const Lanes distance = load(x + at + channel, count) - load(mean + channel, count);
      Lanes value = distance * load(scale + channel, count) + load(beta + channel, count);
      if constexpr (kResidual) value += load(residual + at + channel, count);
      if constexpr (kRelu) {
        const std::uint32_t bits = passing_bits(value);
        value = where(bits, value);
        if (positive) {
          const int half = channel % 32;
          words[channel / 32] = half ? words[channel / 32] | bits << half : bits;
        }
      }
      store(y + at + channel, value, count);
    });
  }
}

template <class T>
void apply(const BatchNormSizes& s, const Block& block, const float* scale, const float* mean,
           const float* beta, const T* x, const T* residual, T* y, bool relu,
           std::uint32_t* positive) {
  const auto run = relu ? (residual ? apply<true, true, T> : apply<false, true, T>)
                        : (residual ? apply<true, false, T> : apply<false, false, T>);
  run(s, block.first_row, block.rows, scale, mean, beta, x, residual, y, positive);
}

// g of a group of channels: d_y where the ReLU let y pass.
template <bool kRelu, class T>
Lanes passed(const BatchNormSizes& s, const T* d_y, const std::uint32_t* positive, long row,
             int channel, int count) {
  const Lanes g = load(d_y + row * s.channels + channel, count);
  if constexpr (!kRelu) return g;
  const std::uint32_t word = positive[row * s.words() + channel / 32];
  return where(word >> (channel % 32), g);
}

// Sums of g and of g * (x - mean) over a block, per channel.
template <bool kRelu, class T>
void block_sums(const BatchNormSizes& s, const BatchNormBackward<T>& t, const Block& block) {
  const Partial partial{t.partial};
  for_channel_groups(s.channels, [&](int channel, int count) {
    const Lanes mean = load(t.mean + long{block.view} * s.channels + channel, count);
    Lanes sum[2] = {}, projected[2] = {};
    const auto add = [&](int r, int k) {
      const long row = block.first_row + r;
      const Lanes g = passed<kRelu>(s, t.d_y, t.positive, row, channel, count);
      sum[k] += g;
      projected[k] += g * (load(t.x + row * s.channels + channel, count) - mean);
    };
    int r = 0;
    for (; r + 2 <= block.rows; r += 2) {
      add(r, 0);
      add(r + 1, 1);
    }
    if (r < block.rows) add(r, 0);
    store(partial.block(s, block.view, block.index, 0) + channel, sum[0] + sum[1], count);
    store(partial.block(s, block.view, block.index, 1) + channel, projected[0] + projected[1],
          count);
  });
}

// Adds up the blocks in order; leaves the coefficients of d_x = a*g + b*(x - mean) + c
// per view.
template <class T>
void total_sums(const BatchNormSizes& s, const BatchNormBackward<T>& t, int c) {
  const Partial partial{t.partial};
  double d_gamma = 0, d_beta = 0;
  for (int view = 0; view < s.views; ++view) {
    double sum = 0, projected = 0;
    for (int block = 0; block < s.blocks(); ++block) {
      sum += static_cast<double>(partial.block(s, view, block, 0)[c]);
      projected += static_cast<double>(partial.block(s, view, block, 1)[c]);
    }
    const double inv_std = static_cast<double>(t.inv_std[view * s.channels + c]);
    projected *= inv_std;
    d_beta += sum;
    d_gamma += projected;
    const double a = static_cast<double>(t.gamma[c]) * inv_std;
    const double b = -a * inv_std * projected / s.rows;
    partial.coefficient(s, view, 0)[c] = static_cast<float>(a);
    partial.coefficient(s, view, 1)[c] = static_cast<float>(b);
    partial.coefficient(s, view, 2)[c] = static_cast<float>(-a * sum / s.rows);
  }
  const bool add_gamma = t.gamma_mode == GradientMode::Accumulate;
  const bool add_beta = t.beta_mode == GradientMode::Accumulate;
  t.d_gamma[c] = (add_gamma ? t.d_gamma[c] : 0.0f) + static_cast<float>(d_gamma);
  t.d_beta[c] = (add_beta ? t.d_beta[c] : 0.0f) + static_cast<float>(d_beta);
}

template <class T>
void write(T* to, Lanes value, int count, GradientMode mode) {
  if (mode == GradientMode::Accumulate) value += load(to, count);
  store(to, value, count);
}

template <bool kRelu, class T>
void block_gradients(const BatchNormSizes& s, const BatchNormBackward<T>& t, const Block& block) {
  const Partial partial{t.partial};
  const float* a = partial.coefficient(s, block.view, 0);
  const float* b = partial.coefficient(s, block.view, 1);
  const float* c = partial.coefficient(s, block.view, 2);
  const float* mean = t.mean + long{block.view} * s.channels;
  for (int r = 0; r < block.rows; ++r)
    for_channel_groups(s.channels, [&](int channel, int count) {
      const long row = block.first_row + r, at = row * s.channels + channel;
      const Lanes g = passed<kRelu>(s, t.d_y, t.positive, row, channel, count);
      const Lanes distance = load(t.x + at, count) - load(mean + channel, count);
      if (t.d_residual) write(t.d_residual + at, g, count, t.residual_mode);
      if (t.d_x)
        write(t.d_x + at,
              load(a + channel, count) * g + load(b + channel, count) * distance +
                  load(c + channel, count),
              count, t.x_mode);
    });
}

}  // namespace

template <class T>
void batch_norm_forward(Cpu cpu, BatchNormSizes s, const BatchNormForward<T>& t) {
  const Partial partial{t.partial};
  const int tasks = s.views * s.blocks();
  cpu.pool->run(tasks, [&](int task, int) {
    const Block block(s, task);
    block_statistics(s, t.x + block.first_row * s.channels, block.rows,
                     partial.block(s, block.view, block.index, 0),
                     partial.block(s, block.view, block.index, 1));
  });
  for_each_channel(cpu, s, [&](int c) {
    for (int view = 0; view < s.views; ++view) view_statistics(s, t, view, c);
  });
  cpu.pool->run(tasks, [&](int task, int) {
    const Block block(s, task);
    apply(s, block, partial.coefficient(s, block.view, 0), t.mean + long{block.view} * s.channels,
          t.beta, t.x, t.residual, t.y, t.positive != nullptr, t.positive);
  });
}

template <class T>
void batch_norm_backward(Cpu cpu, BatchNormSizes s, const BatchNormBackward<T>& t) {
  const int tasks = s.views * s.blocks();
  cpu.pool->run(tasks, [&](int task, int) {
    const Block block(s, task);
    t.positive ? block_sums<true>(s, t, block) : block_sums<false>(s, t, block);
  });
  for_each_channel(cpu, s, [&](int c) { total_sums(s, t, c); });
  if (!t.d_x && !t.d_residual) return;
  cpu.pool->run(tasks, [&](int task, int) {
    const Block block(s, task);
    t.positive ? block_gradients<true>(s, t, block) : block_gradients<false>(s, t, block);
  });
}

template <class T>
void batch_norm_recompute(Cpu cpu, BatchNormSizes s, const BatchNormRecompute<T>& t) {
  float* scale = t.partial;
  for (int view = 0; view < s.views; ++view)
    for (int c = 0; c < s.channels; ++c)
      scale[view * s.channels + c] = t.gamma[c] * t.inv_std[view * s.channels + c];
  cpu.pool->run(s.views * s.blocks(), [&](int task, int) {
    const Block block(s, task);
    const long at = long{block.view} * s.channels;
    apply(s, block, scale + at, t.mean + at, t.beta, t.x, t.residual, t.y, t.relu, nullptr);
  });
}

template <class T>
void batch_norm_inference(Cpu cpu, BatchNormSizes s, const BatchNormInference<T>& t) {
  float* scale = t.partial;
  for (int c = 0; c < s.channels; ++c)
    scale[c] = t.gamma[c] / std::sqrt(t.running_variance[c] + t.epsilon);
  cpu.pool->run(s.views * s.blocks(), [&](int task, int) {
    apply(s, Block(s, task), scale, t.running_mean, t.beta, t.x, t.residual, t.y, t.relu, nullptr);
  });
}

template void batch_norm_forward<float>(Cpu, BatchNormSizes, const BatchNormForward<float>&);
template void batch_norm_forward<bfloat16>(Cpu, BatchNormSizes, const BatchNormForward<bfloat16>&);
template void batch_norm_backward<float>(Cpu, BatchNormSizes, const BatchNormBackward<float>&);
template void batch_norm_backward<bfloat16>(Cpu, BatchNormSizes,
                                            const BatchNormBackward<bfloat16>&);
template void batch_norm_recompute<float>(Cpu, BatchNormSizes, const BatchNormRecompute<float>&);
template void batch_norm_recompute<bfloat16>(Cpu, BatchNormSizes,
                                             const BatchNormRecompute<bfloat16>&);
template void batch_norm_inference<float>(Cpu, BatchNormSizes, const BatchNormInference<float>&);
template void batch_norm_inference<bfloat16>(Cpu, BatchNormSizes,
                                             const BatchNormInference<bfloat16>&);

}  // namespace kernels

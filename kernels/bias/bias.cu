// Adding: a thread owns up to 16 bytes of channels of one row; the floor is y read and written
// once. Summing: a warp owns 32 channels of every so-many-th row of its block's part of the rows, a
// lane one channel; the block's warps, and in a second launch the parts, are added in order. The
// floor is d_y read once; the partial sums are small.
#include "kernels/base/for_each_in_rows.cuh"
#include "kernels/bias/bias.h"

namespace kernels {
namespace {

constexpr int kThreads = 256, kWarps = kThreads / kWarp;

struct Parts {
  long rows_in_part;
  int count;

  explicit Parts(const BiasSizes& s) {
    constexpr long kMostParts = 64, kFewestRows = 16 * kWarps;
    rows_in_part = std::max((s.rows + kMostParts - 1) / kMostParts, kFewestRows);
    count = static_cast<int>((s.rows + rows_in_part - 1) / rows_in_part);
  }
};

template <class T, int kWidth>
struct Shift {
  int channels;
  AddBias<T> t;

  __device__ void at(int row, int item) const {
    T* const at = t.y + long{row} * channels + item * kWidth;
    auto y = load_floats<kWidth>(at);
    const auto bias = load_vector<kWidth>(t.bias + item * kWidth);
    for (int k = 0; k < kWidth; ++k) y[k] += bias[k];
    store_floats(at, y);
  }
};

template <class T>
__global__ void __launch_bounds__(kThreads)
    partial_sums_kernel(BiasSizes s, Parts parts, const T* d_y, float* partial_sums) {
  __shared__ float sums[kWarps][kWarp];
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int warp = static_cast<int>(threadIdx.x) / kWarp;
  const int channel = static_cast<int>(blockIdx.x) * kWarp + lane;
  const long first = blockIdx.y * parts.rows_in_part;
  const long end = min(first + parts.rows_in_part, s.rows);
  float sum = 0;
  if (channel < s.channels)
    for (long row = first + warp; row < end; row += kWarps)
      sum += static_cast<float>(d_y[row * s.channels + channel]);
  sums[warp][lane] = sum;
  __syncthreads();
  if (warp != 0 || channel >= s.channels) return;
  for (int other = 1; other < kWarps; ++other) sum += sums[other][lane];
  partial_sums[long{blockIdx.y} * s.channels + channel] = sum;
}

__global__ void __launch_bounds__(kThreads)
    whole_sums_kernel(int channels, int parts, const float* partial_sums, float* d_bias,
                      GradientMode mode) {
  const int channel = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x);
  if (channel >= channels) return;
  float sum = load_start<1>(d_bias + channel, mode)[0];
  for (int part = 0; part < parts; ++part) sum += partial_sums[long{part} * channels + channel];
  d_bias[channel] = sum;
}

}  // namespace

std::size_t bias_workspace_bytes(BiasSizes s) {
  return static_cast<std::size_t>(Parts(s).count) * static_cast<std::size_t>(s.channels) *
         sizeof(float);
}

template <class T>
void add_bias(Cuda cuda, BiasSizes s, const AddBias<T>& t) {
  with_channel_width<T>(
      s.channels,
      [&](auto width) {
        for_each_in_rows(cuda, s.rows, s.channels / width, Shift<T, width>{s.channels, t});
      },
      t.y, t.bias);
}

template <class T>
void bias_gradient(Cuda cuda, BiasSizes s, const BiasGradient<T>& t) {
  const Parts parts(s);
  launch(cuda, {{blocks_for(s.channels, kWarp), static_cast<unsigned>(parts.count)}, kThreads},
         partial_sums_kernel<T>, s, parts, t.d_y, t.workspace);
  launch(cuda, {blocks_for(s.channels, kThreads), kThreads}, whole_sums_kernel, s.channels,
         parts.count, t.workspace, t.d_bias, t.mode);
}

template void add_bias(Cuda, BiasSizes, const AddBias<float>&);
template void add_bias(Cuda, BiasSizes, const AddBias<bfloat16>&);
template void bias_gradient(Cuda, BiasSizes, const BiasGradient<float>&);
template void bias_gradient(Cuda, BiasSizes, const BiasGradient<bfloat16>&);

}  // namespace kernels

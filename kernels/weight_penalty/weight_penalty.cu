// A thread owns four neighbouring weights of the primary layer and of all heads, so that nobody
// reads what another updates; in a large layer, several such fours. The last block owns the biases.
// Every value is read once, every gradient read and written once, which is the floor. A second
// launch of one block, a warp for each head and one for the primary layer, adds what blocks summed.
#include <cstdint>

#include "kernels/base/device.cuh"
#include "kernels/base/launch.cuh"
#include "kernels/weight_penalty/weight_penalty.h"

namespace kernels {
namespace {

constexpr int kThreads = 128, kWidth = 4, kSums = 1 + kMostHeads;

struct Array {
  const float* values;
  float* gradient;
};

// Adds |primary|^2 and each |primary - head|^2 of kValues neighbours to the thread's sums.
template <int kValues, class ArrayOf>
__device__ void pull_together(const WeightPenaltySizes& sizes, const WeightPenalty& t,
                              const ArrayOf& array_of, long first, float coefficient,
                              float (*sums)[kThreads]) {
  using Values = Vector<float, kValues>;
  const bool pulls = coefficient != 0, pulls_primary = pulls && sizes.merging == Merging::Mean;
  const float scale = 2.0f * coefficient;
  const Array primary = array_of(t.primary);
  const auto w = load_vector<kValues>(primary.values + first);
  const auto gradient = [&](const Array& array, bool is_pulled) {
    return is_pulled ? load_vector<kValues>(array.gradient + first) : Values{};
  };
  auto d_w = gradient(primary, pulls_primary);
  float norm = 0;
  for (int i = 0; i < kValues; ++i) norm += w[i] * w[i];
  sums[0][threadIdx.x] += norm;
  for (int j = 0; j < sizes.heads; ++j) {
    const Array head = array_of(t.heads[j]);
    const auto w_head = load_vector<kValues>(head.values + first);
    auto d_head = gradient(head, pulls);
    float sum = 0;
    for (int i = 0; i < kValues; ++i) {
      const float difference = w[i] - w_head[i], pull = scale * difference;
      sum += difference * difference;
      d_w[i] += pull;
      d_head[i] -= pull;
    }
    sums[1 + j][threadIdx.x] += sum;
    if (pulls) store_vector(head.gradient + first, d_head);
  }
  if (pulls_primary) store_vector(primary.gradient + first, d_w);
}

// partial_sums [1 + heads, blocks]: the sums are the rows, so that adding reads neighbours.
template <int kValues>
__global__ void __launch_bounds__(kThreads)
    weight_penalty_kernel(WeightPenaltySizes sizes, WeightPenalty t) {
  __shared__ float sums[kSums][kThreads];
  for (int j = 0; j <= sizes.heads; ++j) sums[j][threadIdx.x] = 0;
  const float coefficient = *t.coefficient;
  const long weight_blocks = gridDim.x - 1;
  if (blockIdx.x < weight_blocks) {
    const auto weight = [](const WeightPenalty::Linear& layer) {
      return Array{layer.weight, layer.d_weight};
    };
    const long weights = long{sizes.classes} * sizes.features;
    const long stride = weight_blocks * kThreads * kValues;
    for (long i = (long{blockIdx.x} * kThreads + threadIdx.x) * kValues; i < weights; i += stride)
      pull_together<kValues>(sizes, t, weight, i, coefficient, sums);
  } else {
    const auto bias = [](const WeightPenalty::Linear& layer) {
      return Array{layer.bias, layer.d_bias};
    };
    for (long i = threadIdx.x; i < sizes.classes; i += kThreads)
      pull_together<1>(sizes, t, bias, i, coefficient, sums);
  }
  __syncthreads();
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  for (int j = static_cast<int>(threadIdx.x) / kWarp; j <= sizes.heads; j += kThreads / kWarp) {
    float sum = 0;
    for (int thread = lane; thread < kThreads; thread += kWarp) sum += sums[j][thread];
    sum = warp_sum(sum);
    if (lane == 0) t.partial_sums[long{j} * gridDim.x + blockIdx.x] = sum;
  }
}

__global__ void __launch_bounds__(kSums* kWarp)
    weight_penalty_totals(WeightPenaltySizes sizes, WeightPenalty t, int weight_blocks) {
  __shared__ double of_weights[kSums], of_biases[kSums];
  const int thread = static_cast<int>(threadIdx.x), which = thread / kWarp;
  const float* partial_sums = t.partial_sums + long{which} * (weight_blocks + 1);
  double sum = 0;
  for (int block = thread % kWarp; block < weight_blocks; block += kWarp)
    sum += partial_sums[block];
  sum = warp_sum(sum);
  if (thread % kWarp == 0) {
    of_weights[which] = sum;
    of_biases[which] = partial_sums[weight_blocks];
  }
  __syncthreads();
  if (thread < sizes.heads) {
    const double difference = of_weights[1 + thread];
    t.distance[thread] =
        difference == 0 ? 0.0f : static_cast<float>(sqrt(difference / of_weights[0]));
  }
  if (thread == 0) {
    double total = 0;
    for (int j = 1; j <= sizes.heads; ++j) total += of_weights[j] + of_biases[j];
    *t.loss = *t.coefficient == 0 ? 0.0f : static_cast<float>(*t.coefficient * total);
  }
}

bool can_be_wide(const WeightPenaltySizes& sizes, const WeightPenalty& t) {
  const auto aligned = [](const float* array) {
    return reinterpret_cast<std::uintptr_t>(array) % (kWidth * sizeof(float)) == 0;
  };
  const auto layer_aligned = [&](const WeightPenalty::Linear& layer) {
    return aligned(layer.weight) && aligned(layer.d_weight);
  };
  return sizes.weights() % kWidth == 0 && layer_aligned(t.primary) &&
         std::all_of(t.heads, t.heads + sizes.heads, layer_aligned);
}

}  // namespace

void weight_penalty(Cuda cuda, const WeightPenaltySizes& sizes, const WeightPenalty& t) {
  const int weight_blocks = static_cast<int>(weight_penalty_blocks(sizes));
  launch(cuda, {static_cast<unsigned>(weight_blocks + 1), kThreads},
         can_be_wide(sizes, t) ? weight_penalty_kernel<kWidth> : weight_penalty_kernel<1>, sizes,
         t);
  launch(cuda, {1, static_cast<unsigned>((1 + sizes.heads) * kWarp)}, weight_penalty_totals, sizes,
         t, weight_blocks);
}

}  // namespace kernels

// The softmax of rows of logits, in softmax_row.h's form, by the threads of a GPU.
#pragma once

#include <algorithm>

#include "kernels/base/device.cuh"

namespace kernels {

// The warps of a block that share a row of logits: enough for about four classes a thread, so that
// a short row costs no meetings of many warps, and a long one is not read by a few threads.
inline int warps_for_row(int classes, int rows_in_block) {
  constexpr int kMostWarpsForRow = 8, kMostWarps = 32;
  const int most = std::min(kMostWarpsForRow, kMostWarps / rows_in_block);
  return std::clamp(classes / (4 * kWarp), 1, most);
}

// Those warps. All teams of a block must call the same functions in the same order, because in them
// the block meets.
class RowTeam {
 public:
  __device__ explicit RowTeam(int rows_in_block)
      : size(static_cast<int>(blockDim.x) / rows_in_block),
        row(static_cast<int>(threadIdx.x) / size),
        member(static_cast<int>(threadIdx.x) % size) {}

  // Every thread gets the sum of term(0) .. term(classes - 1), in an order that never changes.
  template <class Term>
  __device__ float sum(int classes, const Term& term) const {
    float sum = 0;
    for (int c = member; c < classes; c += size) sum += term(c);
    return of_team(warp_sum(sum), [](float a, float b) { return a + b; });
  }

  __device__ float max(const float* logits, int classes) const {
    float max = -INFINITY;
    for (int c = member; c < classes; c += size) max = fmaxf(max, logits[c]);
    return of_team(warp_max(max), [](float a, float b) { return fmaxf(a, b); });
  }

  const int size, row, member;  // threads of a team; which team of the block; which thread of it

 private:
  template <class Join>
  __device__ float of_team(float of_warp, const Join& join) const {
    __shared__ float of_warps[32];
    __syncthreads();  // the last results have been read
    if (threadIdx.x % kWarp == 0) of_warps[threadIdx.x / kWarp] = of_warp;
    __syncthreads();
    const int warps = size / kWarp, first = row * warps;
    float joined = of_warps[first];
    for (int warp = 1; warp < warps; ++warp) joined = join(joined, of_warps[first + warp]);
    return joined;
  }
};

struct Softmax {
  float max, sharpness, log_sum, inverse_sum;

  __device__ float probability(float logit) const { return expf(shifted(logit)) * inverse_sum; }
  __device__ float log_probability(float logit) const { return shifted(logit) - log_sum; }
  __device__ float shifted(float logit) const { return (logit - max) * sharpness; }
};

// `max` is team.max(logits, classes).
__device__ inline Softmax softmax_of(const RowTeam& team, const float* logits, int classes,
                                     float max, float sharpness) {
  Softmax softmax{max, sharpness, 0.0f, 0.0f};
  const float sum = team.sum(classes, [&](int c) { return expf(softmax.shifted(logits[c])); });
  softmax.log_sum = logf(sum);
  softmax.inverse_sum = 1.0f / sum;
  return softmax;
}

// Whether the label is the first of the greatest logits: 1, else 0.
__device__ inline float is_correct(const RowTeam& team, const float* logits, int label, float max) {
  const bool greatest = logits[label] == max;
  const float earlier =
      team.sum(greatest ? label : 0, [&](int c) { return logits[c] == max ? 1.0f : 0.0f; });
  return greatest && earlier == 0 ? 1.0f : 0.0f;
}

}  // namespace kernels

#include "kernels/weight_penalty/weight_penalty.h"

#include <algorithm>
#include <cmath>

#include "kernels/base/for_each_part.h"
#include "kernels/base/reduce.h"

namespace kernels {

namespace {

int weight_parts(const WeightPenaltySizes& sizes) { return parts_for(sizes.weights()); }

struct Pair {
  const float *primary, *head;
  float *d_primary, *d_head;
};

void pull_together(const Pair& a, Range range, float scale, bool pulls_primary) {
  const float *primary = a.primary, *head = a.head;
  float *d_primary = a.d_primary, *d_head = a.d_head;
#pragma GCC ivdep
  for (long i = range.begin; i < range.end; ++i) {
    const float pull = scale * (primary[i] - head[i]);
    d_head[i] -= pull;
    if (pulls_primary) d_primary[i] += pull;
  }
}

// sums[0] = |primary|^2 and sums[1 + j] = |primary - head j|^2 over this range of the weights or of
// the biases, and the gradients there.
void penalize(const WeightPenaltySizes& sizes, const WeightPenalty& a, bool biases, Range range,
              float* sums) {
  using Linear = WeightPenalty::Linear;
  const auto pair = [&](const Linear& head) {
    return biases ? Pair{a.primary.bias, head.bias, a.primary.d_bias, head.d_bias}
                  : Pair{a.primary.weight, head.weight, a.primary.d_weight, head.d_weight};
  };
  double totals[1 + kMostHeads] = {};
  // Blocks stay in the first-level cache, so that the primary layer comes from memory once.
  constexpr long kBlock = 1024;
  for (long begin = range.begin; begin < range.end; begin += kBlock) {
    const Range block{begin, std::min(begin + kBlock, range.end)};
    const long size = block.end - block.begin;
    for (int j = 0; j < sizes.heads; ++j) {
      const Pair layers = pair(a.heads[j]);
      const float *primary = layers.primary + begin, *head = layers.head + begin;
      if (j == 0) totals[0] += sum_of(size, [=](long i) { return primary[i] * primary[i]; });
      totals[1 + j] +=
          sum_of(size, [=](long i) { return (primary[i] - head[i]) * (primary[i] - head[i]); });
      if (*a.coefficient != 0.0f)
        pull_together(layers, block, 2.0f * *a.coefficient, sizes.merging == Merging::Mean);
    }
  }
  for (int j = 0; j <= sizes.heads; ++j) sums[j] = static_cast<float>(totals[j]);
}

}  // namespace

// A row of sums for each part of the weights, and one for the biases.
long weight_penalty_scratch(const WeightPenaltySizes& sizes) {
  const long parts = std::max<long>(weight_parts(sizes), weight_penalty_blocks(sizes));
  return (parts + 1) * (sizes.heads + 1);
}

void weight_penalty(Cpu cpu, const WeightPenaltySizes& sizes, const WeightPenalty& a) {
  const int parts = weight_parts(sizes), sums = sizes.heads + 1;
  const long weights = sizes.weights();
  cpu.pool->run(parts + 1, [&](int part, int) {
    const bool biases = part == parts;
    const Range range = biases ? Range{0, sizes.classes} : part_of(weights, parts, part);
    penalize(sizes, a, biases, range, a.partial_sums + long{part} * sums);
  });
  const auto weight_sum = [&](int which) {
    double sum = 0.0;
    for (int part = 0; part < parts; ++part) sum += a.partial_sums[long{part} * sums + which];
    return sum;
  };
  const double primary = weight_sum(0);
  double total = 0.0;
  for (int j = 0; j < sizes.heads; ++j) {
    const double difference = weight_sum(1 + j);
    a.distance[j] = difference == 0.0 ? 0.0f : static_cast<float>(std::sqrt(difference / primary));
    total += difference + a.partial_sums[long{parts} * sums + 1 + j];
  }
  *a.loss = *a.coefficient == 0.0f ? 0.0f : static_cast<float>(*a.coefficient * total);
}

}  // namespace kernels

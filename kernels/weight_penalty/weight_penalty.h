// Pulls the final linear layers of the auxiliary classifiers and of the primary one together, until
// they can be merged: the second stage's penalty.
//
//   L = coefficient * sum over heads j of ( |W0 - Wj|^2 + |b0 - bj|^2 )      (Eq. 7, its last term)
//   distance[j] = |W0 - Wj| / |W0|                     (weights only; 0 where the two are equal)
//
//   d_W0 += 2 coefficient * sum over j of (W0 - Wj)      d_b0 likewise; only if merging to the Mean
//   d_Wj -= 2 coefficient * (W0 - Wj)                    d_bj likewise
//
//   W, d_W       [classes, features]
//   b, d_b       [classes]
//   coefficient  [1]    memory: a schedule keeps it 0 until the second stage
//   partial_sums [weight_penalty_scratch(sizes)]   scratch
//   loss         [1]    0 where the coefficient is 0
//   distance     [heads]
//
// |.|^2 is the sum of squares. Gradients are always accumulated: other losses have been there. With
// a coefficient of 0 no gradient is touched, whatever the weights hold; distances are still
// written.
//
// Zhang et al.: Auxiliary Training: Towards Accurate and Robust Models (CVPR 2020), Eq. 7; its Fig.
// 1 says that the auxiliary layers "orientate the primary classifier", hence Merging::Primary.
#pragma once

#include <algorithm>

#include "kernels/base/context.h"

namespace kernels {

inline constexpr int kMostHeads = 15;

// Where the layers come together.
enum class Merging {
  Mean,    // all move, to the mean of all
  Primary  // the heads move, to the primary layer, whose gradients are not touched
};

struct WeightPenaltySizes {
  int heads, classes, features;  // heads in 1 .. kMostHeads
  Merging merging = Merging::Mean;
  long weights() const { return long{classes} * features; }
};

// The blocks of a GPU that share the weights: one for 512 of them, at most eight for each of an
// H100's 132 multiprocessors.
inline long weight_penalty_blocks(const WeightPenaltySizes& sizes) {
  return std::min((sizes.weights() + 511) / 512, 8 * 132L);
}

// The number of floats of partial_sums, on any device.
long weight_penalty_scratch(const WeightPenaltySizes&);

struct WeightPenalty {
  struct Linear {
    const float *weight, *bias;
    float *d_weight, *d_bias;
  };
  Linear primary, heads[kMostHeads];
  const float* coefficient;
  float *partial_sums, *loss, *distance;
};

void weight_penalty(Cpu, const WeightPenaltySizes&, const WeightPenalty&);
void weight_penalty(Cuda, const WeightPenaltySizes&, const WeightPenalty&);

}  // namespace kernels

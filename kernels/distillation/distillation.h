// The losses of all classifiers on one batch: each learns the labels, and the auxiliary ones (views
// 1, 2, ...) and the primary one (view 0) learn from each other. One pass over the logits gives the
// losses and their gradient.
//
//   logits z, d_logits   [views, images, classes]
//   labels y             [images]  in 0 .. classes - 1; the same for every view
//   ce_weight            [views]   of the cross-entropies: 1, alpha, alpha, ...
//   kl_weight            [1]       of the divergences: lambda
//   temperature T        [1]       above 0
//   row_ce, row_kl, row_correct    [views, images]   each image's share, before means: see below
//   ce_loss, kl_loss     [views]   means over images, unweighted; kl_loss[0] = 0
//   correct              [views]   images whose label has the greatest logit (of equals the first)
//   loss                 [1]       L
//
//   p_v = softmax(z_v)        row_ce[v] = -log p_v[y]
//   s_v = softmax(z_v / T)    row_kl[v] = KL(s_0 || s_v) = sum over classes of s_0 log(s_0 / s_v)
//
//   L = sum over v of ce_weight[v] * mean(row_ce[v])
//     + kl_weight * T^2 * sum over v >= 1 of mean(row_kl[v])      (Eq. 7 without its last term)
//
//   images * d_logits[v] = ce_weight[v] * (p_v - (class == y))
//     v >= 1:            + kl_weight * T * (s_v - s_0)
//     v = 0 if Mutual:   + kl_weight * T * sum over u >= 1 of s_0 (log(s_0 / s_u) - row_kl[u])
//
// T^2 keeps the divergences' gradient about as large as at T = 1. One view is plain cross-entropy.
// Weights and temperature are memory, so that a schedule can move them. Everything is float.
//
// Hinton, Vinyals, Dean: Distilling the Knowledge in a Neural Network (2015).
// Zhang et al.: Auxiliary Training: Towards Accurate and Robust Models (CVPR 2020), Eq. 7.
#pragma once

#include <cstdint>

#include "kernels/base/context.h"

namespace kernels {

// Whether the divergences teach view 0 too.
enum class Teacher {
  Detached,  // no: its logits count as constants there
  Mutual     // yes: student and teacher move towards each other
};

inline constexpr int kMostViews = 16;

struct DistillationSizes {
  int views, images, classes;  // views in 1 .. kMostViews
  Teacher teacher = Teacher::Detached;
};

struct Distillation {
  const float* logits;
  const std::int32_t* labels;
  const float *ce_weight, *kl_weight, *temperature;
  float *row_ce, *row_kl, *row_correct;
  float *loss, *ce_loss, *kl_loss, *correct;
  float* d_logits;
};

void distillation(Cpu, const DistillationSizes&, const Distillation&);
void distillation(Cuda, const DistillationSizes&, const Distillation&);

}  // namespace kernels

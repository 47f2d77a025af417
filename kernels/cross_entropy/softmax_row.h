// The softmax of one row of logits, in the form in which nothing overflows and nothing is lost:
//
//   p[c] = exp((z[c] - max) * sharpness) / sum         sharpness = 1 / temperature
//   log p[c] = (z[c] - max) * sharpness - log(sum)     exact where p[c] underflows to 0
//   sum = sum over c of exp((z[c] - max) * sharpness)  in 1 .. classes
#pragma once

#include "kernels/base/exponential.h"

namespace kernels {

struct SoftmaxRow {
  float max, sharpness, log_sum, inverse_sum;

  float probability(float logit) const { return exponential(shifted(logit)) * inverse_sum; }
  float log_probability(float logit) const { return shifted(logit) - log_sum; }
  float shifted(float logit) const { return (logit - max) * sharpness; }
};

// `max` is max_of(logits, classes).
SoftmaxRow softmax_row(const float* logits, int classes, float max, float sharpness);

// Whether the label is the first of the greatest logits: 1, else 0.
float is_correct(const float* logits, int label, float max);

}  // namespace kernels

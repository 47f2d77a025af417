// Softmax cross-entropy with labels, and its gradient, in one pass over the logits.
//
//   logits, d_logits   [rows, classes]
//   labels             [rows]   in 0 .. classes - 1 (what reads them from outside checks that)
//   weight             [1]      of this loss; memory, so that a schedule can move it
//   row_loss           [rows]   -log p[label], natural logarithm, unweighted
//   row_correct        [rows]   1 if the label has the greatest logit (of equals the first), else 0
//   loss               [1]      weight * mean of row_loss
//   correct            [1]      sum of row_correct
//
//   p = softmax(logits)
//   d_logits = weight / rows * (p - (class == label))
//
// d_logits may be null: evaluation wants no gradient. Everything is float: logits are small, and
// made in float also where activations are bfloat16.
#pragma once

#include <cstdint>

#include "kernels/base/context.h"

namespace kernels {

struct CrossEntropySizes {
  int rows, classes;
};

struct CrossEntropy {
  const float* logits;
  const std::int32_t* labels;
  const float* weight;
  float *row_loss, *row_correct, *loss, *correct;
  float* d_logits;
};

void cross_entropy(Cpu, CrossEntropySizes, const CrossEntropy&);
void cross_entropy(Cuda, CrossEntropySizes, const CrossEntropy&);

}  // namespace kernels

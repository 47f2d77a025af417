// The losses of all classifiers, primary and auxiliary, on one batch: cross-entropies and
// input-aware self distillation. kernels/distillation/distillation.h has the mathematics.
#pragma once

#include "engine/graph/program.h"
#include "kernels/distillation/distillation.h"

namespace engine {

struct DistillationKnobs {
  Tensor ce_weight;    // Input [views]: 1, alpha, alpha, ...
  Tensor kl_weight;    // Input [1]: lambda
  Tensor temperature;  // Input [1]
};

struct Distillation {
  Tensor loss;              // Result [1]
  Tensor ce_loss, kl_loss;  // Result [views], unweighted means
  Tensor correct;           // Result [views], counts
};

// logits [views, images, classes] float, labels [images] int32. Give `loss` to Program::backward.
Distillation distillation(Program&, Tensor logits, Tensor labels, const DistillationKnobs&,
                          kernels::Teacher = kernels::Teacher::Detached);

}  // namespace engine

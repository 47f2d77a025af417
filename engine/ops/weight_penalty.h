// Pulls the auxiliary classifiers' last layers and the primary one together (stage 2).
// kernels/weight_penalty/weight_penalty.h has the mathematics.
#pragma once

#include <vector>

#include "engine/graph/program.h"
#include "engine/layers/layers.h"
#include "kernels/weight_penalty/weight_penalty.h"

namespace engine {

struct WeightPenalty {
  Tensor loss;      // Result [1]
  Tensor distance;  // Result [heads]: |W0 - Wj| / |W0|
};

// coefficient: Input [1], gamma of Eq. 7. Give `loss` to Program::backward: the one kernel that
// writes loss, distances and gradients is called there (see Gradients::accumulated).
WeightPenalty weight_penalty(Program&, const LinearParameters& primary,
                             const std::vector<LinearParameters>& heads, Tensor coefficient,
                             kernels::Merging = kernels::Merging::Mean);

}  // namespace engine

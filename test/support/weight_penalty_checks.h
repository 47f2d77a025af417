// What the weight penalty must be on every device.
#pragma once

#include <functional>
#include <vector>

#include "kernels/weight_penalty/weight_penalty.h"

namespace test {

// The layers one after the other, primary first; each is its weights and then its biases.
struct PenalizedLayers {
  kernels::WeightPenaltySizes sizes;
  std::vector<float> values, gradients;

  long layer() const { return sizes.weights() + sizes.classes; }
};

struct WeightPenaltyResult {
  std::vector<float> gradients, loss, distance;
};

// The results of one device, the same in whatever order it does its work.
using WeightPenaltyRun =
    std::function<WeightPenaltyResult(const PenalizedLayers&, float coefficient)>;

// Arguments for layers whose arrays are there.
kernels::WeightPenalty penalty_of(const kernels::WeightPenaltySizes& sizes, const float* values,
                                  float* gradients);

void check_losses_and_gradients(const WeightPenaltyRun& run,
                                const kernels::WeightPenaltySizes& sizes);
void check_zero_coefficient(const WeightPenaltyRun& run, const kernels::WeightPenaltySizes& sizes);
void check_equal_layers(const WeightPenaltyRun& run, float value);

}  // namespace test

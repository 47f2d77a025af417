// What distillation must be on every device.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "kernels/distillation/distillation.h"

namespace test {

struct DistillationCase {
  kernels::DistillationSizes sizes;
  std::vector<float> logits;
  std::vector<std::int32_t> labels;
  std::vector<float> ce_weight;
  float kl_weight, temperature;
};

// Weights are 1 and small ones, as in training, each of them different.
DistillationCase random_case(const kernels::DistillationSizes& sizes, float temperature);

struct DistillationResult {
  std::vector<float> row_ce, row_kl, row_correct, loss, ce_loss, kl_loss, correct, d_logits;
};

// The results of one device, the same in whatever order it does its work.
using DistillationRun = std::function<DistillationResult(const DistillationCase&)>;

void check_losses_and_gradients(const DistillationRun& run, const DistillationCase& given);
void check_order_of_images(const DistillationRun& run);
void check_huge_logits(const DistillationRun& run, kernels::Teacher teacher, float huge);
void check_zero_divergence_weight(const DistillationRun& run);

}  // namespace test

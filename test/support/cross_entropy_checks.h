// What cross-entropy must be on every device.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "kernels/cross_entropy/cross_entropy.h"

namespace test {

struct CrossEntropyCase {
  kernels::CrossEntropySizes sizes;
  std::vector<float> logits;
  std::vector<std::int32_t> labels;
  float weight = 1;
  bool wants_gradient = true;
};

CrossEntropyCase random_case(kernels::CrossEntropySizes sizes, float weight);

struct CrossEntropyResult {
  std::vector<float> row_loss, row_correct, loss, correct, d_logits;
};

// The results of one device, the same in whatever order it does its work.
using CrossEntropyRun = std::function<CrossEntropyResult(const CrossEntropyCase&)>;

void check_losses_and_gradients(const CrossEntropyRun& run, const CrossEntropyCase& given);
void check_without_gradient(const CrossEntropyRun& run, kernels::CrossEntropySizes sizes);
void check_huge_logits(const CrossEntropyRun& run, float huge);
void check_logits_far_from_0(const CrossEntropyRun& run);
void check_equal_logits(const CrossEntropyRun& run);

}  // namespace test

#include "kernels/cross_entropy/softmax_row.h"

#include <cmath>

#include "kernels/base/reduce.h"

namespace kernels {

SoftmaxRow softmax_row(const float* logits, int classes, float max, float sharpness) {
  SoftmaxRow row{max, sharpness, 0.0f, 0.0f};
  const float sum = sum_of(classes, [=](long c) { return exponential(row.shifted(logits[c])); });
  row.log_sum = std::log(sum);
  row.inverse_sum = 1.0f / sum;
  return row;
}

float is_correct(const float* logits, int label, float max) {
  if (!(logits[label] == max)) return 0.0f;
  int earlier = 0;
  for (int c = 0; c < label; ++c) earlier += logits[c] == max;
  return earlier == 0 ? 1.0f : 0.0f;
}

}  // namespace kernels

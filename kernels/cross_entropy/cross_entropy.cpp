#include "kernels/cross_entropy/cross_entropy.h"

#include <numeric>

#include "kernels/base/for_each_part.h"
#include "kernels/base/reduce.h"
#include "kernels/cross_entropy/softmax_row.h"

namespace kernels {

void cross_entropy(Cpu cpu, CrossEntropySizes sizes, const CrossEntropy& a) {
  const int rows = sizes.rows, classes = sizes.classes;
  const float scale = *a.weight / static_cast<float>(rows);
  for_each_part(cpu, rows, classes, [&](Range range) {
    for (long row = range.begin; row < range.end; ++row) {
      const float* logits = a.logits + row * classes;
      const int label = a.labels[row];
      const float max = max_of(logits, classes);
      const SoftmaxRow softmax = softmax_row(logits, classes, max, 1.0f);
      a.row_loss[row] = -softmax.log_probability(logits[label]);
      a.row_correct[row] = is_correct(logits, label, max);
      if (!a.d_logits) continue;

      float* d_logits = a.d_logits + row * classes;
#pragma GCC ivdep
      for (int c = 0; c < classes; ++c) d_logits[c] = scale * softmax.probability(logits[c]);
      d_logits[label] = scale * (softmax.probability(logits[label]) - 1.0f);
    }
  });
  // After the parallel part and in order, so that the sums are the same for any thread count.
  const double total = std::accumulate(a.row_loss, a.row_loss + rows, 0.0);
  *a.loss = static_cast<float>(*a.weight * total / rows);
  *a.correct = std::accumulate(a.row_correct, a.row_correct + rows, 0.0f);
}

}  // namespace kernels

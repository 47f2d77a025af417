// A block owns a row, a thread every so-manieth class of it. Logits come from memory once, and
// again from the first-level cache; gradients are written once, which is the floor. Rows are short
// and begin anywhere, so accesses are of neighbouring floats. A second launch of one block adds the
// rows.
#include "kernels/base/launch.cuh"
#include "kernels/cross_entropy/cross_entropy.h"
#include "kernels/cross_entropy/softmax_row.cuh"

namespace kernels {
namespace {

constexpr int kMostThreads = 256, kTotalThreads = 512;

__global__ void __launch_bounds__(kMostThreads)
    cross_entropy_kernel(CrossEntropySizes sizes, CrossEntropy t) {
  const RowTeam team(1);
  const int classes = sizes.classes;
  const long row = blockIdx.x;
  const float* logits = t.logits + row * classes;
  const int label = t.labels[row];
  const float max = team.max(logits, classes);
  const Softmax softmax = softmax_of(team, logits, classes, max, 1.0f);
  const float correct = is_correct(team, logits, label, max);
  if (team.member == 0) {
    t.row_loss[row] = -softmax.log_probability(logits[label]);
    t.row_correct[row] = correct;
  }
  if (!t.d_logits) return;

  const float scale = *t.weight / static_cast<float>(sizes.rows);
  for (int c = team.member; c < classes; c += team.size) {
    const float p = softmax.probability(logits[c]);
    t.d_logits[row * classes + c] = scale * (c == label ? p - 1.0f : p);
  }
}

// In double, so that losses as large as floats can be do not overflow when they are added.
__global__ void __launch_bounds__(kTotalThreads)
    cross_entropy_total(CrossEntropySizes sizes, CrossEntropy t) {
  double loss = 0, correct = 0;
  for (int row = static_cast<int>(threadIdx.x); row < sizes.rows; row += kTotalThreads) {
    loss += t.row_loss[row];
    correct += t.row_correct[row];
  }
  loss = block_sum<kTotalThreads>(loss);
  __syncthreads();
  correct = block_sum<kTotalThreads>(correct);
  if (threadIdx.x == 0) {
    *t.loss = static_cast<float>(*t.weight * loss / sizes.rows);
    *t.correct = static_cast<float>(correct);
  }
}

}  // namespace

void cross_entropy(Cuda cuda, CrossEntropySizes sizes, const CrossEntropy& t) {
  const int threads = warps_for_row(sizes.classes, 1) * kWarp;
  launch(cuda, {static_cast<unsigned>(sizes.rows), static_cast<unsigned>(threads)},
         cross_entropy_kernel, sizes, t);
  launch(cuda, {1, kTotalThreads}, cross_entropy_total, sizes, t);
}

}  // namespace kernels

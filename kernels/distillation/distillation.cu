// A block owns all views of an image, and a team of its warps one view's row of logits. Logits come
// from memory once, and again from the first-level cache; gradients are written once, which is the
// floor. A second launch of one block adds the images, a warp those of a view.
#include "kernels/base/launch.cuh"
#include "kernels/cross_entropy/softmax_row.cuh"
#include "kernels/distillation/distillation.h"

namespace kernels {
namespace {

constexpr int kMostThreads = 1024;

__global__ void __launch_bounds__(kMostThreads)
    distillation_kernel(DistillationSizes sizes, Distillation t) {
  __shared__ Softmax all_softened[kMostViews], plain_of_teacher;
  __shared__ float divergences[kMostViews];
  const RowTeam team(sizes.views);
  const int view = team.row, classes = sizes.classes;
  const long image = blockIdx.x, row = long{view} * sizes.images + image;
  const int label = t.labels[image];
  const auto logits_of = [&](int v) {
    return t.logits + (long{v} * sizes.images + image) * classes;
  };
  const float *logits = logits_of(view), *teacher_logits = logits_of(0);
  const float temperature = *t.temperature,
              inverse_images = 1.0f / static_cast<float>(sizes.images);
  const float kl_scale = *t.kl_weight * temperature * inverse_images;

  const float max = team.max(logits, classes);
  const Softmax plain = softmax_of(team, logits, classes, max, 1.0f);
  const Softmax softened =
      temperature == 1.0f ? plain : softmax_of(team, logits, classes, max, 1.0f / temperature);
  const float correct = is_correct(team, logits, label, max);
  if (team.member == 0) {
    all_softened[view] = softened;
    if (view == 0) plain_of_teacher = plain;
  }
  __syncthreads();

  // KL(s_0 || s_v), and what it and the label teach a view v >= 1.
  const Softmax teacher = all_softened[0];
  const float ce_scale = t.ce_weight[view] * inverse_images;
  const float divergence = team.sum(view == 0 ? 0 : classes, [&](int c) {
    const float s = teacher.probability(teacher_logits[c]);
    const float p = plain.probability(logits[c]);
    t.d_logits[row * classes + c] =
        ce_scale * (c == label ? p - 1.0f : p) + kl_scale * (softened.probability(logits[c]) - s);
    const float log_ratio =
        teacher.log_probability(teacher_logits[c]) - softened.log_probability(logits[c]);
    return s > 0.0f ? s * log_ratio : 0.0f;  // 0 log 0 = 0, also where log 0 is minus infinity
  });
  if (team.member == 0) {
    t.row_ce[row] = -plain.log_probability(logits[label]);
    t.row_kl[row] = divergence;
    t.row_correct[row] = correct;
    divergences[view] = divergence;
  }
  __syncthreads();

  // View 0's gradient takes all views' logits, so all teams share it.
  const float teacher_ce_scale = t.ce_weight[0] * inverse_images;
  const int learners = sizes.teacher == Teacher::Mutual ? sizes.views : 1;
  for (int c = static_cast<int>(threadIdx.x); c < classes; c += static_cast<int>(blockDim.x)) {
    const float p = plain_of_teacher.probability(teacher_logits[c]);
    const float s = teacher.probability(teacher_logits[c]);
    const float log_s = teacher.log_probability(teacher_logits[c]);
    float d_logit = teacher_ce_scale * (c == label ? p - 1.0f : p);
    for (int v = 1; v < learners; ++v) {
      const float log_ratio = log_s - all_softened[v].log_probability(logits_of(v)[c]);
      d_logit += s > 0.0f ? kl_scale * s * (log_ratio - divergences[v]) : 0.0f;
    }
    t.d_logits[image * classes + c] = d_logit;
  }
}

// In double, so that losses as large as floats can be do not overflow when they are added.
__global__ void __launch_bounds__(kMostViews* kWarp)
    distillation_totals(DistillationSizes sizes, Distillation t) {
  __shared__ double losses[kMostViews];
  const int view = static_cast<int>(threadIdx.x) / kWarp;
  double ce = 0, kl = 0, correct = 0;
  for (int image = static_cast<int>(threadIdx.x) % kWarp; image < sizes.images; image += kWarp) {
    const long row = long{view} * sizes.images + image;
    ce += t.row_ce[row];
    kl += t.row_kl[row];
    correct += t.row_correct[row];
  }
  ce = warp_sum(ce) / sizes.images;
  kl = warp_sum(kl) / sizes.images;
  correct = warp_sum(correct);
  if (threadIdx.x % kWarp == 0) {
    t.ce_loss[view] = static_cast<float>(ce);
    t.kl_loss[view] = static_cast<float>(kl);
    t.correct[view] = static_cast<float>(correct);
    losses[view] = t.ce_weight[view] * ce + *t.kl_weight * *t.temperature * *t.temperature * kl;
  }
  __syncthreads();
  if (threadIdx.x > 0) return;
  double loss = 0;
  for (int v = 0; v < sizes.views; ++v) loss += losses[v];
  *t.loss = static_cast<float>(loss);
}

}  // namespace

void distillation(Cuda cuda, const DistillationSizes& sizes, const Distillation& t) {
  const int threads = sizes.views * warps_for_row(sizes.classes, sizes.views) * kWarp;
  launch(cuda, {static_cast<unsigned>(sizes.images), static_cast<unsigned>(threads)},
         distillation_kernel, sizes, t);
  launch(cuda, {1, static_cast<unsigned>(sizes.views * kWarp)}, distillation_totals, sizes, t);
}

}  // namespace kernels

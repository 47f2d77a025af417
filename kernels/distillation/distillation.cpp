#include "kernels/distillation/distillation.h"

#include <numeric>

#include "kernels/base/for_each_part.h"
#include "kernels/base/reduce.h"
#include "kernels/cross_entropy/softmax_row.h"

namespace kernels {

namespace {

// One classifier's view of one image. `softened` is its softmax at the temperature.
struct ViewRow {
  const float* logits;
  float* d_logits;
  SoftmaxRow plain, softened;
};

// d_logits = scale * (p - (class == label)).
void cross_entropy_gradient(const ViewRow& view, int classes, int label, float scale) {
  const SoftmaxRow softmax = view.plain;
  const float* logits = view.logits;
  float* d_logits = view.d_logits;
#pragma GCC ivdep
  for (int c = 0; c < classes; ++c) d_logits[c] = scale * softmax.probability(logits[c]);
  d_logits[label] = scale * (softmax.probability(logits[label]) - 1.0f);
}

// KL(s_teacher || s_student).
float divergence(const ViewRow& teacher, const ViewRow& student, int classes) {
  const SoftmaxRow from = teacher.softened, to = student.softened;
  const float *z = teacher.logits, *z_student = student.logits;
  return sum_of(classes, [=](long c) {
    const float s = from.probability(z[c]);
    const float log_ratio = from.log_probability(z[c]) - to.log_probability(z_student[c]);
    return s > 0.0f ? s * log_ratio : 0.0f;  // 0 log 0 = 0, also where log 0 is minus infinity
  });
}

// Adds scale * (s_student - s_teacher) to the student's gradient.
void teach(const ViewRow& teacher, const ViewRow& student, int classes, float scale) {
  const SoftmaxRow from = teacher.softened, to = student.softened;
  const float *z = teacher.logits, *z_student = student.logits;
  float* d_logits = student.d_logits;
#pragma GCC ivdep
  for (int c = 0; c < classes; ++c) {
    d_logits[c] += scale * (to.probability(z_student[c]) - from.probability(z[c]));
  }
}

// Adds scale * s_teacher * (log(s_teacher / s_student) - divergence) to the teacher's gradient.
void teach_back(const ViewRow& teacher, const ViewRow& student, int classes, float divergence,
                float scale) {
  const SoftmaxRow from = teacher.softened, to = student.softened;
  const float *z = teacher.logits, *z_student = student.logits;
  float* d_logits = teacher.d_logits;
#pragma GCC ivdep
  for (int c = 0; c < classes; ++c) {
    const float s = from.probability(z[c]);
    const float log_ratio = from.log_probability(z[c]) - to.log_probability(z_student[c]);
    d_logits[c] += s > 0.0f ? scale * s * (log_ratio - divergence) : 0.0f;
  }
}

// All classifiers' losses on one image, and their gradients.
void losses_of_image(const DistillationSizes& sizes, const Distillation& a, long image) {
  const int classes = sizes.classes, label = a.labels[image];
  const float temperature = *a.temperature,
              inverse_images = 1.0f / static_cast<float>(sizes.images);
  const float kl_scale = *a.kl_weight * temperature * inverse_images;
  ViewRow views[kMostViews];
  for (int v = 0; v < sizes.views; ++v) {
    const long row = long{v} * sizes.images + image;
    const float* logits = a.logits + row * classes;
    const float max = max_of(logits, classes);
    const SoftmaxRow plain = softmax_row(logits, classes, max, 1.0f);
    views[v] = {
        logits, a.d_logits + row * classes, plain,
        temperature == 1.0f ? plain : softmax_row(logits, classes, max, 1.0f / temperature)};
    a.row_ce[row] = -plain.log_probability(logits[label]);
    a.row_correct[row] = is_correct(logits, label, max);
    cross_entropy_gradient(views[v], classes, label, a.ce_weight[v] * inverse_images);
    a.row_kl[row] = 0.0f;
    if (v == 0) continue;

    a.row_kl[row] = divergence(views[0], views[v], classes);
    teach(views[0], views[v], classes, kl_scale);
    if (sizes.teacher == Teacher::Mutual) {
      teach_back(views[0], views[v], classes, a.row_kl[row], kl_scale);
    }
  }
}

}  // namespace

void distillation(Cpu cpu, const DistillationSizes& sizes, const Distillation& a) {
  const int images = sizes.images;
  for_each_part(cpu, images, long{sizes.views} * sizes.classes, [&](Range range) {
    for (long image = range.begin; image < range.end; ++image) losses_of_image(sizes, a, image);
  });
  // After the parallel part and in order, so that the sums are the same for any thread count.
  double loss = 0.0;
  for (int v = 0; v < sizes.views; ++v) {
    const auto sum = [&](const float* rows) {
      return std::accumulate(rows + long{v} * images, rows + long{v + 1} * images, 0.0);
    };
    const double ce = sum(a.row_ce) / images, kl = sum(a.row_kl) / images;
    a.ce_loss[v] = static_cast<float>(ce);
    a.kl_loss[v] = static_cast<float>(kl);
    a.correct[v] = static_cast<float>(sum(a.row_correct));
    loss += a.ce_weight[v] * ce + *a.kl_weight * *a.temperature * *a.temperature * kl;
  }
  *a.loss = static_cast<float>(loss);
}

}  // namespace kernels

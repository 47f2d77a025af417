#include "test/support/distillation_checks.h"

#include <cmath>

#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/oracle_softmax.h"
#include "test/support/random_array.h"
#include "test/support/threads.h"

namespace test {

using kernels::DistillationSizes, kernels::Teacher;

namespace {

struct Oracle {
  double loss = 0;
  std::vector<double> row_ce, row_kl, row_correct, ce, kl, correct;
};

// The KL's teacher is taken from `teacher` and all else from `logits`, so that a slope of a
// detached loss can hold the teacher still.
Oracle oracle(const DistillationCase& given, const std::vector<double>& logits,
              const std::vector<double>& teacher) {
  const auto classes = static_cast<size_t>(given.sizes.classes);
  const auto images = given.labels.size(), views = static_cast<size_t>(given.sizes.views);
  const double temperature = given.temperature, n = static_cast<double>(images);
  Oracle result;
  for (size_t v = 0; v < views; ++v) {
    double ce = 0, kl = 0, correct = 0;
    for (size_t i = 0; i < images; ++i) {
      const auto z = row_of(logits, v * images + i, classes);
      result.row_ce.push_back(-log_softmax(z)[static_cast<size_t>(given.labels[i])]);
      result.row_kl.push_back(v > 0 ? divergence(row_of(teacher, i, classes), z, temperature) : 0);
      result.row_correct.push_back(std::max_element(z.begin(), z.end()) - z.begin() ==
                                   given.labels[i]);
      ce += result.row_ce.back() / n;
      kl += result.row_kl.back() / n;
      correct += result.row_correct.back();
    }
    result.ce.push_back(ce);
    result.kl.push_back(kl);
    result.correct.push_back(correct);
    result.loss += given.ce_weight[v] * ce + given.kl_weight * temperature * temperature * kl;
  }
  return result;
}

// d(loss)/d(logits), by the formulas of the kernel's header.
std::vector<double> gradient_of(const DistillationCase& given, const std::vector<double>& logits) {
  const auto classes = static_cast<size_t>(given.sizes.classes);
  const auto images = given.labels.size(), views = static_cast<size_t>(given.sizes.views);
  const double temperature = given.temperature, n = static_cast<double>(images);
  std::vector<double> gradient(logits.size());
  for (size_t row = 0; row < views * images; ++row) {
    const auto v = row / images, i = row % images;
    const auto z = row_of(logits, row, classes), teacher = row_of(logits, i, classes);
    const auto log_p = log_softmax(z), log_s = log_softmax(z, temperature);
    const auto log_s_0 = log_softmax(teacher, temperature);
    const double kl_scale = given.kl_weight * temperature / n;
    const double kl = divergence(teacher, z, temperature);
    for (size_t c = 0; c < classes; ++c) {
      const bool is_label = static_cast<int>(c) == given.labels[i];
      gradient[row * classes + c] += given.ce_weight[v] / n * (std::exp(log_p[c]) - is_label);
      if (v == 0) continue;
      gradient[row * classes + c] += kl_scale * (std::exp(log_s[c]) - std::exp(log_s_0[c]));
      if (given.sizes.teacher == Teacher::Detached) continue;
      gradient[i * classes + c] += kl_scale * std::exp(log_s_0[c]) * (log_s_0[c] - log_s[c] - kl);
    }
  }
  return gradient;
}

}  // namespace

DistillationCase random_case(const DistillationSizes& s, float temperature) {
  std::vector<float> ce_weight = {1};
  for (int v = 1; v < s.views; ++v) ce_weight.push_back(0.05f + 0.01f * static_cast<float>(v));
  return {s,
          random_array<float>(long{s.views} * s.images * s.classes, 1, {-4, 4}),
          random_labels(s.images, s.classes, 2),
          ce_weight,
          0.07f,
          temperature};
}

void check_losses_and_gradients(const DistillationRun& run, const DistillationCase& given) {
  const DistillationResult r = run(given);
  const auto at = widened(given.logits);
  const Oracle expected = oracle(given, at, at);
  REQUIRE(normalised_error(r.row_ce, expected.row_ce) < 1e-6);
  REQUIRE(normalised_error(r.row_kl, expected.row_kl) < 1e-6);
  REQUIRE(widened(r.row_correct) == expected.row_correct);
  REQUIRE(std::abs(r.loss[0] - expected.loss) <= 1e-6 * expected.loss);
  REQUIRE(normalised_error(r.ce_loss, expected.ce) < 1e-6);
  REQUIRE(normalised_error(r.kl_loss, expected.kl) < 1e-6);
  REQUIRE(r.kl_loss[0] == 0);
  REQUIRE(widened(r.correct) == expected.correct);
  const auto gradient = gradient_of(given, at);
  // With every view's gradient divided by its weight, so that all count.
  const auto unweighted = [&](std::vector<double> rows) {
    const size_t view_size = rows.size() / given.ce_weight.size();
    for (size_t i = 0; i < rows.size(); ++i) rows[i] /= given.ce_weight[i / view_size];
    return rows;
  };
  REQUIRE(normalised_error(unweighted(widened(r.d_logits)), unweighted(gradient)) < 1e-6);
  if (given.logits.size() > 200) return;
  const bool mutual = given.sizes.teacher == Teacher::Mutual;
  const auto slope = numeric_gradient(
      [&](const std::vector<double>& z) { return oracle(given, z, mutual ? z : at).loss; }, at);
  REQUIRE(normalised_error(gradient, slope) < 1e-6);
}

void check_order_of_images(const DistillationRun& run) {
  // Every view's images 0 and 1 change places, and so do their gradients.
  const auto swap_images = [](std::vector<float>& rows) {
    for (int v = 0; v < 3; ++v) {
      const auto begin = rows.begin() + v * 22;
      std::swap_ranges(begin, begin + 11, begin + 11);
    }
  };
  DistillationCase given = random_case({3, 2, 11, Teacher::Mutual}, 2.0f);
  given.labels = {4, 7};
  const DistillationResult straight = run(given);
  swap_images(given.logits);
  given.labels = {7, 4};
  DistillationResult crossed = run(given);
  swap_images(crossed.d_logits);
  REQUIRE(same_bits(straight.d_logits, crossed.d_logits));
}

void check_huge_logits(const DistillationRun& run, Teacher teacher, float huge) {
  const DistillationSizes sizes{2, 1, 3, teacher};
  // Both views are certain of class 0: nothing to learn.
  const std::vector<float> agreed = {huge, -huge, 0, huge, 0, -huge};
  const DistillationResult same = run({sizes, agreed, {0}, {1, 0.05f}, 0.07f, 1.0f});
  REQUIRE(same.loss[0] == 0);
  REQUIRE(same.d_logits == std::vector<float>(6, 0.0f));
  // They disagree: the divergence is the teacher's certainty times the distance.
  const std::vector<float> contrary = {huge, 0, 0, 0, huge, 0};
  const DistillationResult other = run({sizes, contrary, {0}, {1, 0.05f}, 0.07f, 1.0f});
  REQUIRE(other.kl_loss[1] == huge);
  REQUIRE(other.ce_loss == std::vector<float>{0, huge});
  REQUIRE(other.d_logits[0] == 0);
  REQUIRE(std::abs(other.d_logits[3] + 0.12f) < 1e-6f);
  REQUIRE(std::abs(other.d_logits[4] - 0.12f) < 1e-6f);
  // The sums over two such images are more than a float can hold, their means are not.
  const std::vector<float> twice = {huge, 0, 0, huge, 0, 0, 0, huge, 0, 0, huge, 0};
  const DistillationResult both = run({{2, 2, 3, teacher}, twice, {0, 0}, {1, 0.05f}, 0.07f, 1.0f});
  REQUIRE(both.kl_loss == other.kl_loss);
  REQUIRE(both.ce_loss == other.ce_loss);
  REQUIRE(both.loss == other.loss);
}

void check_zero_divergence_weight(const DistillationRun& run) {
  DistillationCase given = random_case({2, 5, 10, Teacher::Detached}, 1.0f);
  given.kl_weight = 0;
  const DistillationResult detached = run(given);
  given.sizes.teacher = Teacher::Mutual;
  const DistillationResult mutual = run(given);
  REQUIRE(detached.d_logits == mutual.d_logits);
  REQUIRE(detached.kl_loss[1] > 0);
  const float expected = detached.ce_loss[0] + given.ce_weight[1] * detached.ce_loss[1];
  REQUIRE(std::abs(detached.loss[0] - expected) < 1e-6f);
}

}  // namespace test

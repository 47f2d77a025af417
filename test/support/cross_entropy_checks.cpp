#include "test/support/cross_entropy_checks.h"

#include <cmath>

#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/oracle_softmax.h"
#include "test/support/random_array.h"
#include "test/support/threads.h"

namespace test {

namespace {

double oracle(const std::vector<double>& logits, const std::vector<std::int32_t>& labels,
              size_t classes) {
  double sum = 0;
  for (size_t row = 0; row < labels.size(); ++row) {
    sum -= log_softmax(row_of(logits, row, classes))[static_cast<size_t>(labels[row])];
  }
  return sum / static_cast<double>(labels.size());
}

}  // namespace

CrossEntropyCase random_case(kernels::CrossEntropySizes s, float weight) {
  return {s, random_array<float>(long{s.rows} * s.classes, 1, {-6, 6}),
          random_labels(s.rows, s.classes, 2), weight};
}

void check_losses_and_gradients(const CrossEntropyRun& run, const CrossEntropyCase& given) {
  const auto& [s, logits, labels, weight, wants_gradient] = given;
  const auto classes = static_cast<size_t>(s.classes);
  const CrossEntropyResult r = run(given);
  const double expected = weight * oracle(widened(logits), labels, classes);
  REQUIRE(std::abs(r.loss[0] - expected) <= 1e-6 * expected);

  float expected_correct = 0;
  std::vector<double> gradient;
  for (size_t row = 0; row < labels.size(); ++row) {
    const auto label = static_cast<size_t>(labels[row]);
    const auto log_p = log_softmax(row_of(widened(logits), row, classes));
    const auto best = std::max_element(log_p.begin(), log_p.end()) - log_p.begin();
    REQUIRE(r.row_correct[row] == (labels[row] == best ? 1.0f : 0.0f));
    expected_correct += r.row_correct[row];
    REQUIRE(std::abs(r.row_loss[row] + log_p[label]) < 2e-6);
    for (size_t c = 0; c < classes; ++c) {
      gradient.push_back(weight / s.rows * (std::exp(log_p[c]) - (c == label)));
    }
  }
  REQUIRE(r.correct[0] == expected_correct);
  REQUIRE(normalised_error(r.d_logits, gradient) < 1e-6);
  if (logits.size() > 200) return;
  const std::vector<double> slope = numeric_gradient(
      [&, &labels = labels, weight = weight](const std::vector<double>& z) {
        return weight * oracle(z, labels, classes);
      },
      widened(logits));
  REQUIRE(normalised_error(r.d_logits, slope) < 1e-6);
}

void check_without_gradient(const CrossEntropyRun& run, kernels::CrossEntropySizes sizes) {
  CrossEntropyCase given = random_case(sizes, 0.5f);
  const CrossEntropyResult with = run(given);
  given.wants_gradient = false;
  const CrossEntropyResult without = run(given);
  REQUIRE(same_bits(without.row_loss, with.row_loss));
  REQUIRE(without.loss == with.loss);
  REQUIRE(without.correct == with.correct);
}

void check_huge_logits(const CrossEntropyRun& run, float huge) {
  const std::vector<float> logits = {huge, -huge, 0, huge, -huge, 0};
  const CrossEntropyResult r = run({{2, 3}, logits, {0, 2}});
  REQUIRE(r.row_loss == std::vector<float>{0, huge});
  REQUIRE(r.d_logits == std::vector<float>{0, 0, 0, 0.5f, 0, -0.5f});
  // The sum of their losses is more than a float can hold.
  const CrossEntropyResult wrong = run({{2, 3}, logits, {2, 2}});
  REQUIRE(wrong.loss == std::vector<float>{huge});
}

void check_logits_far_from_0(const CrossEntropyRun& run) {
  const CrossEntropyResult r = run({{1, 2}, {1e7f, 1e7f}, {0}});
  REQUIRE(std::abs(r.row_loss[0] - std::log(2.0f)) < 1e-7f);
}

void check_equal_logits(const CrossEntropyRun& run) {
  const CrossEntropyResult r = run({{2, 3}, {1, 2, 2, 1, 2, 2}, {1, 2}});
  REQUIRE(r.row_correct == std::vector<float>{1, 0});
  REQUIRE(r.correct[0] == 1);
}

}  // namespace test

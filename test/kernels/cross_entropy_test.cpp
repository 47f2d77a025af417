#include "kernels/cross_entropy/cross_entropy.h"

#include <cmath>

#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/oracle_softmax.h"
#include "test/support/random_array.h"
#include "test/support/threads.h"

using namespace kernels;
using namespace test;

namespace {

struct Result {
  std::vector<float> row_loss, row_correct, loss, correct, d_logits;
};

Result run(Cpu cpu, CrossEntropySizes s, const std::vector<float>& logits,
           const std::vector<std::int32_t>& labels, float weight) {
  const auto rows = static_cast<size_t>(s.rows);
  Result r{std::vector<float>(rows),
           std::vector<float>(rows),
           {NAN},
           {NAN},
           std::vector<float>(logits.size(), NAN)};
  cross_entropy(cpu, s,
                {logits.data(), labels.data(), &weight, r.row_loss.data(), r.row_correct.data(),
                 r.loss.data(), r.correct.data(), r.d_logits.data()});
  return r;
}

double oracle(const std::vector<double>& logits, const std::vector<std::int32_t>& labels,
              size_t classes) {
  double sum = 0;
  for (size_t row = 0; row < labels.size(); ++row) {
    sum -= log_softmax(row_of(logits, row, classes))[static_cast<size_t>(labels[row])];
  }
  return sum / static_cast<double>(labels.size());
}

}  // namespace

TEST_CASE("cross-entropy and its gradient", "[cross_entropy]") {
  const auto s =
      GENERATE(CrossEntropySizes{1, 1}, CrossEntropySizes{1, 10}, CrossEntropySizes{5, 3},
               CrossEntropySizes{7, 17}, CrossEntropySizes{640, 100}, CrossEntropySizes{33, 1003});
  const auto classes = static_cast<size_t>(s.classes);
  const float weight = GENERATE(1.0f, 0.05f);
  const auto logits = random_array<float>(long{s.rows} * s.classes, 1, {-6, 6});
  const auto labels = random_labels(s.rows, s.classes, 2);
  const auto [row_loss, row_correct, loss, correct, d_logits] = same_for_all_threads([&](Cpu cpu) {
    const Result r = run(cpu, s, logits, labels, weight);
    return std::tuple(r.row_loss, r.row_correct, r.loss, r.correct, r.d_logits);
  });
  const double expected = oracle(widened(logits), labels, classes);
  REQUIRE(std::abs(loss[0] - weight * expected) <= 1e-6 * weight * expected);

  float expected_correct = 0;
  std::vector<double> gradient;
  for (size_t row = 0; row < labels.size(); ++row) {
    const auto label = static_cast<size_t>(labels[row]);
    const auto log_p = log_softmax(row_of(widened(logits), row, classes));
    const auto best = std::max_element(log_p.begin(), log_p.end()) - log_p.begin();
    REQUIRE(row_correct[row] == (labels[row] == best ? 1.0f : 0.0f));
    expected_correct += row_correct[row];
    REQUIRE(std::abs(row_loss[row] + log_p[label]) < 2e-6);
    for (size_t c = 0; c < classes; ++c) {
      gradient.push_back(weight / s.rows * (std::exp(log_p[c]) - (c == label)));
    }
  }
  REQUIRE(correct[0] == expected_correct);
  REQUIRE(normalised_error(d_logits, gradient) < 1e-6);
  if (logits.size() > 200) return;
  const auto slope = numeric_gradient(
      [&](const std::vector<double>& z) { return weight * oracle(z, labels, classes); },
      widened(logits));
  REQUIRE(normalised_error(d_logits, slope) < 1e-6);
}

TEST_CASE("cross-entropy without a gradient is the same loss", "[cross_entropy]") {
  const auto logits = random_array<float>(70, 1);
  const auto labels = random_labels(7, 10, 2);
  ThreadPool pool(1);
  const Result with = run(Cpu{&pool}, {7, 10}, logits, labels, 0.5f);
  std::vector<float> row_loss(7), row_correct(7);
  float loss, correct;
  const float weight = 0.5f;
  cross_entropy(Cpu{&pool}, {7, 10},
                {logits.data(), labels.data(), &weight, row_loss.data(), row_correct.data(), &loss,
                 &correct, nullptr});
  REQUIRE(same_bits(row_loss, with.row_loss));
  REQUIRE(loss == with.loss[0]);
  REQUIRE(correct == with.correct[0]);
}

TEST_CASE("cross-entropy of huge logits is exact", "[cross_entropy]") {
  const float huge = GENERATE(1e4f, 1e30f, 3e38f);
  ThreadPool pool(1);
  const std::vector<float> logits = {huge, -huge, 0, huge, -huge, 0};
  const Result r = run(Cpu{&pool}, {2, 3}, logits, {0, 2}, 1.0f);
  REQUIRE(r.row_loss == std::vector<float>{0, huge});
  REQUIRE(r.d_logits == std::vector<float>{0, 0, 0, 0.5f, 0, -0.5f});
}

TEST_CASE("cross-entropy far from 0 loses no digits", "[cross_entropy]") {
  ThreadPool pool(1);
  const Result r = run(Cpu{&pool}, {1, 2}, {1e7f, 1e7f}, {0}, 1.0f);
  REQUIRE(std::abs(r.row_loss[0] - std::log(2.0f)) < 1e-7f);
}

TEST_CASE("of equal logits the first is the answer", "[cross_entropy]") {
  ThreadPool pool(1);
  const std::vector<float> logits = {1, 2, 2, 1, 2, 2};
  const Result r = run(Cpu{&pool}, {2, 3}, logits, {1, 2}, 1.0f);
  REQUIRE(r.row_correct == std::vector<float>{1, 0});
  REQUIRE(r.correct[0] == 1);
}

#include "kernels/distillation/distillation.h"

#include <cmath>

#include "kernels/cross_entropy/cross_entropy.h"
#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/oracle_softmax.h"
#include "test/support/random_array.h"
#include "test/support/threads.h"

using namespace kernels;
using namespace test;

namespace {

struct Weights {
  std::vector<float> ce;
  float kl, temperature;
};

struct Result {
  std::vector<float> row_ce, row_kl, row_correct, loss, ce_loss, kl_loss, correct, d_logits;
  auto tuple() const {
    return std::tuple(row_ce, row_kl, row_correct, loss, ce_loss, kl_loss, correct, d_logits);
  }
};

Result run(Cpu cpu, const DistillationSizes& s, const std::vector<float>& logits,
           const std::vector<std::int32_t>& labels, const Weights& weights) {
  const auto views = static_cast<size_t>(s.views);
  const std::vector<float> rows(views * labels.size(), NAN), means(views, NAN);
  Result r{rows, rows, rows, {NAN}, means, means, means, std::vector<float>(logits.size(), NAN)};
  distillation(cpu, s,
               {logits.data(), labels.data(), weights.ce.data(), &weights.kl, &weights.temperature,
                r.row_ce.data(), r.row_kl.data(), r.row_correct.data(), r.loss.data(),
                r.ce_loss.data(), r.kl_loss.data(), r.correct.data(), r.d_logits.data()});
  return r;
}

struct Oracle {
  double loss = 0;
  std::vector<double> ce, kl, correct;
};

// The KL's teacher is taken from `teacher` and all else from `logits`, so that a slope of a
// detached loss can hold the teacher still.
Oracle oracle(const DistillationSizes& s, const std::vector<double>& logits,
              const std::vector<double>& teacher, const std::vector<std::int32_t>& labels,
              const Weights& weights) {
  const auto classes = static_cast<size_t>(s.classes);
  const auto images = labels.size(), views = static_cast<size_t>(s.views);
  const double temperature = weights.temperature, n = static_cast<double>(images);
  Oracle result{0, std::vector<double>(views), std::vector<double>(views),
                std::vector<double>(views)};
  for (size_t v = 0; v < views; ++v) {
    for (size_t i = 0; i < images; ++i) {
      const auto z = row_of(logits, v * images + i, classes);
      result.ce[v] -= log_softmax(z)[static_cast<size_t>(labels[i])] / n;
      result.correct[v] += std::max_element(z.begin(), z.end()) - z.begin() == labels[i];
      if (v > 0) result.kl[v] += divergence(row_of(teacher, i, classes), z, temperature) / n;
    }
    result.loss +=
        weights.ce[v] * result.ce[v] + weights.kl * temperature * temperature * result.kl[v];
  }
  return result;
}

Weights weights_of(int views, float temperature) {
  Weights weights{std::vector<float>(static_cast<size_t>(views), 0.05f), 0.07f, temperature};
  weights.ce[0] = 1;
  return weights;
}

}  // namespace

TEST_CASE("distillation: losses, and gradients against slopes", "[distillation]") {
  const Teacher teacher = GENERATE(Teacher::Detached, Teacher::Mutual);
  const float temperature = GENERATE(1.0f, 3.0f, 0.7f);
  const auto s =
      GENERATE_COPY(DistillationSizes{1, 1, 1, teacher}, DistillationSizes{1, 3, 10, teacher},
                    DistillationSizes{2, 1, 3, teacher}, DistillationSizes{2, 3, 17, teacher},
                    DistillationSizes{5, 3, 10, teacher}, DistillationSizes{5, 128, 100, teacher});
  const auto logits = random_array<float>(long{s.views} * s.images * s.classes, 1, {-4, 4});
  const auto labels = random_labels(s.images, s.classes, 2);
  const Weights weights = weights_of(s.views, temperature);
  const auto [row_ce, row_kl, row_correct, loss, ce_loss, kl_loss, correct, d_logits] =
      same_for_all_threads([&](Cpu cpu) { return run(cpu, s, logits, labels, weights).tuple(); });

  const auto at = widened(logits);
  const Oracle expected = oracle(s, at, at, labels, weights);
  REQUIRE(std::abs(loss[0] - expected.loss) <= 1e-6 * expected.loss);
  REQUIRE(normalised_error(ce_loss, expected.ce) < 1e-6);
  REQUIRE(normalised_error(kl_loss, expected.kl) < 1e-6);
  REQUIRE(kl_loss[0] == 0);
  REQUIRE(widened(correct) == expected.correct);
  if (logits.size() > 200) return;
  const auto slope = numeric_gradient(
      [&](const std::vector<double>& z) {
        return oracle(s, z, teacher == Teacher::Mutual ? z : at, labels, weights).loss;
      },
      at);
  REQUIRE(normalised_error(d_logits, slope) < 1e-6);
}

TEST_CASE("distillation with one view is cross-entropy", "[distillation]") {
  const auto logits = random_array<float>(700, 1, {-3, 3});
  const auto labels = random_labels(70, 10, 2);
  ThreadPool pool(1);
  const Result r = run(Cpu{&pool}, {1, 70, 10}, logits, labels, weights_of(1, 2.0f));
  std::vector<float> row_loss(70), row_correct(70), d_logits(700);
  const float weight = 1;
  float loss, correct;
  cross_entropy(Cpu{&pool}, {70, 10},
                {logits.data(), labels.data(), &weight, row_loss.data(), row_correct.data(), &loss,
                 &correct, d_logits.data()});
  REQUIRE(r.loss[0] == loss);
  REQUIRE(r.correct[0] == correct);
  REQUIRE(same_bits(r.d_logits, d_logits));
}

TEST_CASE("distillation's order of images does not matter", "[distillation]") {
  // Every view's images 0 and 1 change places, and so do their gradients.
  const DistillationSizes s{3, 2, 11, Teacher::Mutual};
  const auto logits = random_array<float>(66, 1, {-3, 3});
  auto swapped = logits;
  for (int v = 0; v < 3; ++v) {
    const auto begin = swapped.begin() + v * 22;
    std::swap_ranges(begin, begin + 11, begin + 11);
  }
  ThreadPool pool(1);
  const Weights weights = weights_of(3, 2.0f);
  const Result straight = run(Cpu{&pool}, s, logits, {4, 7}, weights);
  Result crossed = run(Cpu{&pool}, s, swapped, {7, 4}, weights);
  for (int v = 0; v < 3; ++v) {
    const auto begin = crossed.d_logits.begin() + v * 22;
    std::swap_ranges(begin, begin + 11, begin + 11);
  }
  REQUIRE(same_bits(straight.d_logits, crossed.d_logits));
}

TEST_CASE("distillation of huge logits stays finite", "[distillation]") {
  const Teacher teacher = GENERATE(Teacher::Detached, Teacher::Mutual);
  const float huge = GENERATE(1e4f, 1e30f, 3e38f);
  ThreadPool pool(1);
  // Both views are certain of class 0: nothing to learn.
  const std::vector<float> agreed = {huge, -huge, 0, huge, 0, -huge};
  const Result same = run(Cpu{&pool}, {2, 1, 3, teacher}, agreed, {0}, weights_of(2, 1.0f));
  REQUIRE(same.loss[0] == 0);
  REQUIRE(same.d_logits == std::vector<float>(6, 0.0f));
  // They disagree: the divergence is the teacher's certainty times the distance.
  const std::vector<float> contrary = {huge, 0, 0, 0, huge, 0};
  const Result other = run(Cpu{&pool}, {2, 1, 3, teacher}, contrary, {0}, weights_of(2, 1.0f));
  REQUIRE(other.kl_loss[1] == huge);
  REQUIRE(other.ce_loss == std::vector<float>{0, huge});
  REQUIRE(other.d_logits[0] == 0);
  REQUIRE(std::abs(other.d_logits[3] + 0.12f) < 1e-6f);
  REQUIRE(std::abs(other.d_logits[4] - 0.12f) < 1e-6f);
}

TEST_CASE("a zero divergence weight leaves cross-entropies alone", "[distillation]") {
  const auto logits = random_array<float>(2 * 5 * 10, 1, {-3, 3});
  const auto labels = random_labels(5, 10, 2);
  ThreadPool pool(1);
  Weights weights = weights_of(2, 1.0f);
  weights.kl = 0;
  const Result detached = run(Cpu{&pool}, {2, 5, 10, Teacher::Detached}, logits, labels, weights);
  const Result mutual = run(Cpu{&pool}, {2, 5, 10, Teacher::Mutual}, logits, labels, weights);
  REQUIRE(detached.d_logits == mutual.d_logits);
  REQUIRE(detached.kl_loss[1] > 0);
  REQUIRE(std::abs(detached.loss[0] - detached.ce_loss[0] - 0.05f * detached.ce_loss[1]) < 1e-6f);
}

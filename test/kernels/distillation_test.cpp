#include "kernels/distillation/distillation.h"

#include <cmath>

#include "kernels/cross_entropy/cross_entropy.h"
#include "test/support/catch.h"
#include "test/support/distillation_checks.h"
#include "test/support/threads.h"

using namespace kernels;
using namespace test;

namespace {

DistillationResult run(const DistillationCase& given) {
  const auto results = same_for_all_threads([&](Cpu cpu) {
    const auto views = given.ce_weight.size();
    const std::vector<float> rows(views * given.labels.size(), NAN), means(views, NAN);
    DistillationResult r{rows,  rows,  rows,  {NAN},
                         means, means, means, std::vector<float>(given.logits.size(), NAN)};
    distillation(
        cpu, given.sizes,
        {given.logits.data(), given.labels.data(), given.ce_weight.data(), &given.kl_weight,
         &given.temperature, r.row_ce.data(), r.row_kl.data(), r.row_correct.data(), r.loss.data(),
         r.ce_loss.data(), r.kl_loss.data(), r.correct.data(), r.d_logits.data()});
    return std::tuple(r.row_ce, r.row_kl, r.row_correct, r.loss, r.ce_loss, r.kl_loss, r.correct,
                      r.d_logits);
  });
  return std::apply([](const auto&... arrays) { return DistillationResult{arrays...}; }, results);
}

}  // namespace

TEST_CASE("distillation: losses, and gradients against slopes", "[distillation]") {
  const Teacher teacher = GENERATE(Teacher::Detached, Teacher::Mutual);
  const float temperature = GENERATE(1.0f, 3.0f, 0.7f);
  const auto s =
      GENERATE_COPY(DistillationSizes{1, 1, 1, teacher}, DistillationSizes{1, 3, 10, teacher},
                    DistillationSizes{2, 1, 3, teacher}, DistillationSizes{2, 3, 17, teacher},
                    DistillationSizes{5, 3, 10, teacher}, DistillationSizes{5, 128, 100, teacher});
  check_losses_and_gradients(run, random_case(s, temperature));
}

TEST_CASE("distillation with one view is cross-entropy", "[distillation]") {
  const DistillationCase given = random_case({1, 70, 10}, 2.0f);
  const DistillationResult r = run(given);
  ThreadPool pool(1);
  std::vector<float> row_loss(70), row_correct(70), d_logits(700);
  const float weight = 1;
  float loss, correct;
  cross_entropy(Cpu{&pool}, {70, 10},
                {given.logits.data(), given.labels.data(), &weight, row_loss.data(),
                 row_correct.data(), &loss, &correct, d_logits.data()});
  REQUIRE(r.loss[0] == loss);
  REQUIRE(r.correct[0] == correct);
  REQUIRE(same_bits(r.d_logits, d_logits));
}

TEST_CASE("distillation's order of images does not matter", "[distillation]") {
  check_order_of_images(run);
}

TEST_CASE("distillation of huge logits stays finite", "[distillation]") {
  const Teacher teacher = GENERATE(Teacher::Detached, Teacher::Mutual);
  check_huge_logits(run, teacher, GENERATE(1e4f, 1e30f, 3e38f));
}

TEST_CASE("a zero divergence weight leaves cross-entropies alone", "[distillation]") {
  check_zero_divergence_weight(run);
}

#include "kernels/cross_entropy/cross_entropy.h"
#include "test/cuda/every_order.h"
#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/distillation_checks.h"

using namespace kernels;
using namespace test;

namespace {

DistillationResult run(const DistillationCase& given) {
  const auto results = same_in_every_order([&](Cuda cuda) {
    const auto views = given.ce_weight.size(), rows = views * given.labels.size();
    const DeviceArray<float> logits(given.logits), ce_weight(given.ce_weight),
        knobs(std::vector<float>{given.kl_weight, given.temperature});
    const DeviceArray<std::int32_t> labels(given.labels);
    const DeviceArray<float> row_ce(rows), row_kl(rows), row_correct(rows), loss(1), ce_loss(views),
        kl_loss(views), correct(views), d_logits(given.logits.size());
    distillation(cuda, given.sizes,
                 {logits.data(), labels.data(), ce_weight.data(), knobs.data(), knobs.data() + 1,
                  row_ce.data(), row_kl.data(), row_correct.data(), loss.data(), ce_loss.data(),
                  kl_loss.data(), correct.data(), d_logits.data()});
    return std::tuple(row_ce.host(), row_kl.host(), row_correct.host(), loss.host(), ce_loss.host(),
                      kl_loss.host(), correct.host(), d_logits.host());
  });
  return std::apply([](const auto&... arrays) { return DistillationResult{arrays...}; }, results);
}

}  // namespace

TEST_CASE("distillation: losses, and gradients against slopes", "[distillation]") {
  const Teacher teacher = GENERATE(Teacher::Detached, Teacher::Mutual);
  const float temperature = GENERATE(1.0f, 3.0f, 0.7f);
  // Also rows that several warps share, and more images than a warp has lanes.
  const auto s =
      GENERATE_COPY(DistillationSizes{1, 1, 1, teacher}, DistillationSizes{1, 3, 10, teacher},
                    DistillationSizes{2, 1, 3, teacher}, DistillationSizes{2, 3, 17, teacher},
                    DistillationSizes{5, 3, 10, teacher}, DistillationSizes{16, 1, 12, teacher},
                    DistillationSizes{5, 35, 7, teacher}, DistillationSizes{5, 2, 403, teacher});
  check_losses_and_gradients(run, random_case(s, temperature));
}

TEST_CASE("distillation of many classes", "[distillation]") {
  const auto s = GENERATE(DistillationSizes{1, 1, 2003}, DistillationSizes{5, 1, 1000},
                          DistillationSizes{16, 1, 301});
  check_losses_and_gradients(run, random_case(s, 3.0f));
}

TEST_CASE("distillation with one view is cross-entropy", "[distillation]") {
  const int classes = GENERATE(10, 300);
  const DistillationCase given = random_case({1, 7, classes}, 2.0f);
  const DistillationResult r = run(given);
  const DeviceArray<float> logits(given.logits), weight(given.ce_weight);
  const DeviceArray<std::int32_t> labels(given.labels);
  const DeviceArray<float> row_loss(7), row_correct(7), loss(1), correct(1),
      d_logits(given.logits.size());
  cross_entropy(cuda(), {7, classes},
                {logits.data(), labels.data(), weight.data(), row_loss.data(), row_correct.data(),
                 loss.data(), correct.data(), d_logits.data()});
  REQUIRE(r.loss == loss.host());
  REQUIRE(r.correct == correct.host());
  REQUIRE(normalised_error(r.d_logits, d_logits.host()) < 1e-6);
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

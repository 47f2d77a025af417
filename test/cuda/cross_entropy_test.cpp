#include "test/cuda/every_order.h"
#include "test/support/catch.h"
#include "test/support/cross_entropy_checks.h"

using namespace kernels;
using namespace test;

namespace {

CrossEntropyResult run(const CrossEntropyCase& given) {
  const auto results = same_in_every_order([&](Cuda cuda) {
    const DeviceArray<float> logits(given.logits), weight(std::vector<float>{given.weight});
    const DeviceArray<std::int32_t> labels(given.labels);
    const DeviceArray<float> row_loss(given.labels.size()), row_correct(given.labels.size()),
        loss(1), correct(1), d_logits(given.logits.size());
    cross_entropy(cuda, given.sizes,
                  {logits.data(), labels.data(), weight.data(), row_loss.data(), row_correct.data(),
                   loss.data(), correct.data(), given.wants_gradient ? d_logits.data() : nullptr});
    return std::tuple(row_loss.host(), row_correct.host(), loss.host(), correct.host(),
                      d_logits.host());
  });
  return std::apply([](const auto&... arrays) { return CrossEntropyResult{arrays...}; }, results);
}

}  // namespace

TEST_CASE("cross-entropy and its gradient", "[cross_entropy]") {
  // Also more rows than there are threads that add them, and rows that several warps share.
  const auto s =
      GENERATE(CrossEntropySizes{1, 1}, CrossEntropySizes{1, 10}, CrossEntropySizes{5, 3},
               CrossEntropySizes{7, 17}, CrossEntropySizes{33, 100}, CrossEntropySizes{1030, 3},
               CrossEntropySizes{2, 401}, CrossEntropySizes{2, 2003});
  check_losses_and_gradients(run, random_case(s, GENERATE(1.0f, 0.05f)));
}

TEST_CASE("cross-entropy without a gradient is the same loss", "[cross_entropy]") {
  check_without_gradient(run, {7, GENERATE(10, 300)});
}

TEST_CASE("cross-entropy of huge logits is exact", "[cross_entropy]") {
  check_huge_logits(run, GENERATE(1e4f, 1e30f, 3e38f));
}

TEST_CASE("cross-entropy far from 0 loses no digits", "[cross_entropy]") {
  check_logits_far_from_0(run);
}

TEST_CASE("of equal logits the first is the answer", "[cross_entropy]") { check_equal_logits(run); }

TEST_CASE("of equal logits in several warps the first is the answer", "[cross_entropy]") {
  std::vector<float> logits(400, 1.0f);
  logits[130] = logits[170] = 2.0f;
  const int label = GENERATE(130, 170, 399);
  REQUIRE(run({{1, 400}, logits, {label}}).correct[0] == (label == 130 ? 1 : 0));
}

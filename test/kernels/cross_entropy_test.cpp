#include "kernels/cross_entropy/cross_entropy.h"

#include <cmath>

#include "test/support/catch.h"
#include "test/support/cross_entropy_checks.h"
#include "test/support/threads.h"

using namespace kernels;
using namespace test;

namespace {

CrossEntropyResult run(const CrossEntropyCase& given) {
  const auto results = same_for_all_threads([&](Cpu cpu) {
    const std::vector<float> rows(given.labels.size(), NAN), one = {NAN};
    CrossEntropyResult r{rows, rows, one, one, std::vector<float>(given.logits.size(), NAN)};
    cross_entropy(cpu, given.sizes,
                  {given.logits.data(), given.labels.data(), &given.weight, r.row_loss.data(),
                   r.row_correct.data(), r.loss.data(), r.correct.data(),
                   given.wants_gradient ? r.d_logits.data() : nullptr});
    return std::tuple(r.row_loss, r.row_correct, r.loss, r.correct, r.d_logits);
  });
  return std::apply([](const auto&... arrays) { return CrossEntropyResult{arrays...}; }, results);
}

}  // namespace

TEST_CASE("cross-entropy and its gradient", "[cross_entropy]") {
  const auto s =
      GENERATE(CrossEntropySizes{1, 1}, CrossEntropySizes{1, 10}, CrossEntropySizes{5, 3},
               CrossEntropySizes{7, 17}, CrossEntropySizes{640, 100}, CrossEntropySizes{33, 1003});
  check_losses_and_gradients(run, random_case(s, GENERATE(1.0f, 0.05f)));
}

TEST_CASE("cross-entropy without a gradient is the same loss", "[cross_entropy]") {
  check_without_gradient(run, {7, 10});
}

TEST_CASE("cross-entropy of huge logits is exact", "[cross_entropy]") {
  check_huge_logits(run, GENERATE(1e4f, 1e30f, 3e38f));
}

TEST_CASE("cross-entropy far from 0 loses no digits", "[cross_entropy]") {
  check_logits_far_from_0(run);
}

TEST_CASE("of equal logits the first is the answer", "[cross_entropy]") { check_equal_logits(run); }

// The gradient of every operation, against central differences and in every way it can be asked
// for.
#include "engine/runtime/session.h"
#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/gradient_check.h"
#include "test/support/threads.h"

namespace {

using test::OpRun;
using test::small_op_cases;

// So short a step keeps clear of the kinks of ReLU; float arithmetic then leaves up to 1e-3 of the
// difference uncertain. A wrong term is far more.
constexpr float kStep = 1.0f / 1024;
constexpr double kTolerance = 2e-3;

}  // namespace

TEST_CASE("gradients are derivatives", "[ops]") {
  for (const test::OpCase& op : small_op_cases()) {
    if (!op.is_derivative) continue;
    OpRun run(op, {});
    const auto gradients = run.gradients();
    const auto numeric = run.numeric_gradients(kStep);
    for (size_t i = 0; i < gradients.size(); ++i) {
      INFO(op.name << ", " << op.arguments[i].name);
      CHECK(test::normalised_error(gradients[i], numeric[i]) < kTolerance);
    }
  }
}

TEST_CASE("gradients are added where there is one already", "[ops]") {
  for (const test::OpCase& op : small_op_cases()) {
    const auto expected = OpRun(op, {}).gradients();
    OpRun run(op, {.accumulate = true});
    auto sums = run.gradients();
    for (size_t i = 0; i < expected.size(); ++i) {
      INFO(op.name << ", " << op.arguments[i].name);
      const std::vector<float> before = run.added(i);
      for (size_t j = 0; j < before.size(); ++j) sums[i][j] -= before[j];
      CHECK(test::normalised_error(sums[i], expected[i]) < 1e-5);
    }
  }
}

TEST_CASE("gradients of bf16 activations are near those of float", "[ops]") {
  for (const test::OpCase& op : small_op_cases())
    for (const bool accumulate : {false, true}) {
      const auto expected = OpRun(op, {.accumulate = accumulate}).gradients();
      const auto narrow =
          OpRun(op, {.storage = engine::Type::BFloat16, .accumulate = accumulate}).gradients();
      for (size_t i = 0; i < expected.size(); ++i) {
        INFO(op.name << ", " << op.arguments[i].name << (accumulate ? ", added" : ""));
        CHECK(test::normalised_error(narrow[i], expected[i]) < 1e-2);
      }
    }
}

TEST_CASE("gradients do not depend on sharing memory, nor on threads", "[ops]") {
  for (const test::OpCase& op : small_op_cases()) {
    const auto expected = OpRun(op, {}).gradients();
    const auto apart = OpRun(op, {.poison = false, .share_activations = false}).gradients();
    const auto alone = OpRun(op, {.threads = 1}).gradients();
    const auto three = OpRun(op, {.threads = 3}).gradients();
    for (size_t i = 0; i < expected.size(); ++i) {
      INFO(op.name << ", " << op.arguments[i].name);
      CHECK(test::same_bits(apart[i], expected[i]));
      CHECK(test::same_bits(alone[i], expected[i]));
      CHECK(test::same_bits(three[i], expected[i]));
    }
  }
}

TEST_CASE("the work of an operation is known", "[ops]") {
  const test::OpCase convolution = test::convolution_case({.x = {1, 2, 4, 4, 3}, .channels = 5});
  CHECK(convolution.multiply_adds == 2 * 2 * 2 * 5 * 3 * 9);
  OpRun run(test::multiply_case({2, 5}), {});
  for (const engine::Call& call : run.program().calls())
    if (call.name == "multiply_forward")
      CHECK(test::bytes_moved(run.program(), call) == 3 * 10 * sizeof(float));
}

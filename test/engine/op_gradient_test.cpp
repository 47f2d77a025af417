// The gradient of every operation, against central differences and in every way it can be asked
// for.
#include <set>

#include "engine/ops/elementwise.h"
#include "engine/ops/sgd.h"
#include "engine/runtime/session.h"
#include "kernels/sgd/sgd.h"
#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/gradient_check.h"
#include "test/support/threads.h"
#include "tools/auxtrain-bench/bytes_moved.h"

namespace {

using engine::Program;
using engine::Tensor;
using test::OpRun;
using tools::small_op_cases;

// So short a step keeps clear of the kinks of ReLU; float arithmetic then leaves up to 1e-3 of the
// difference uncertain. A wrong term is far more.
constexpr float kStep = 1.0f / 1024;
constexpr double kTolerance = 2e-3;

}  // namespace

TEST_CASE("gradients are derivatives", "[ops]") {
  for (const tools::OpCase& op : small_op_cases()) {
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
  for (const tools::OpCase& op : small_op_cases()) {
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
  for (const tools::OpCase& op : small_op_cases())
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
  for (const tools::OpCase& op : small_op_cases()) {
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

namespace {

// What comes before the first space: the operation.
std::set<std::string> operations_of(const std::vector<tools::OpCase>& cases) {
  std::set<std::string> names;
  for (const tools::OpCase& op : cases) names.insert(op.name.substr(0, op.name.find(' ')));
  return names;
}

}  // namespace

TEST_CASE("every operation that calls a kernel has rows in the benchmark", "[ops]") {
  std::set<std::string> small = operations_of(small_op_cases());
  for (const char* without_call : {"slice_views", "reshape"}) small.erase(without_call);
  CHECK(operations_of(tools::large_op_cases()) == small);
}

TEST_CASE("the arithmetic of an operation is known", "[ops]") {
  CHECK(tools::convolution_case({.x = {1, 2, 4, 4, 3}, .channels = 5}).multiply_adds ==
        2 * 2 * 2 * 5 * 3 * 9);
  for (const tools::OpCase& op : small_op_cases()) {
    OpRun run(op, {});
    double operations = 0;  // of the first call that has any, the forward one
    for (const engine::Call& call : run.program().calls())
      if (operations == 0) operations = call.operations;
    INFO(op.name);
    CHECK(operations == 2.0 * static_cast<double>(op.multiply_adds));
  }
}

TEST_CASE("bytes of a call: every array once, sums read and written", "[ops]") {
  constexpr double kFloats = 10 * sizeof(float);
  kernels::ThreadPool pool(1);
  Program program({.device = kernels::Cpu{&pool}});
  const Tensor x = program.parameter("x", {2, 5}, {});
  const Tensor square = engine::multiply(program, x, x);
  const Tensor y = engine::multiply(program, square, x);
  const test::WeightedSum sum = test::weighted_sum(program, y, 1);
  program.backward({sum.loss});
  engine::sgd(program, program.input("knobs", {kernels::kSgdKnobs}));
  const auto bytes_of = [&](const std::string& name, int occurrence) {
    for (std::size_t i = 0; i < program.calls().size(); ++i)
      if (program.calls()[i].name == name && occurrence-- == 0)
        return tools::bytes_moved(program, i);
    throw kernels::Error("no call of that name: " + name);
  };
  CHECK(bytes_of("multiply_forward", 0) == 2 * kFloats);  // x given twice, square
  CHECK(bytes_of("multiply_forward", 1) == 3 * kFloats);
  CHECK(bytes_of("multiply_backward", 0) == 5 * kFloats);  // square, x, d_y; d_square, d_x
  CHECK(bytes_of("multiply_backward", 1) == 4 * kFloats);  // x, d_square; d_x, read and written
  CHECK(bytes_of("sgd", 0) == 5 * kFloats + kernels::kSgdKnobs * sizeof(float));
}

TEST_CASE("gradients do not depend on what is kept and what is recomputed", "[ops]") {
  for (const engine::Type storage : {engine::Type::Float, engine::Type::BFloat16})
    for (const auto& op : small_op_cases()) {
      const auto expected = OpRun(op, {.storage = storage}).gradients();
      const auto again = OpRun(op, {.storage = storage, .recompute = true}).gradients();
      for (size_t i = 0; i < expected.size(); ++i) {
        INFO(op.name << ", " << op.arguments[i].name << ", " << kernels::name_of(storage));
        CHECK(test::same_bits(again[i], expected[i]));
      }
    }
}

#include "engine/ops/elementwise.h"

#include "engine/ops/relu.h"
#include "engine/ops/sigmoid.h"
#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/contains.h"
#include "test/support/gradient_check.h"

using engine::Program;
using engine::Tensor;

namespace {

void require_gradient(Tensor (*f)(Program&, Tensor)) {
  for (const bool accumulate : {false, true}) {
    test::OpRun run(
        {.name = "f",
         .arguments = {{.name = "x", .shape = {2, 17}, .numbers = tools::Numbers::AwayFromZero}},
         .record = [=](Program& program, const std::vector<Tensor>& x) -> tools::OpCase::Recorded {
           return {{f(program, x[0])}};
         }},
        {.accumulate = accumulate});
    const auto gradients = run.gradients();
    auto expected = run.numeric_gradients(1.0f / 1024)[0];
    for (size_t i = 0; accumulate && i < expected.size(); ++i) expected[i] += run.added(0)[i];
    REQUIRE(test::normalised_error(gradients[0], expected) < 2e-3);
  }
}

}  // namespace

// Each of the two terms of a sum, and each factor of a product, may have other uses, before and
// after, whose gradients must not reach the other term.
TEST_CASE("gradients of values that are used twice", "[elementwise]") {
  require_gradient([](Program& p, Tensor x) { return engine::add(p, engine::sigmoid(p, x), x); });
  require_gradient([](Program& p, Tensor x) { return engine::add(p, x, engine::relu(p, x)); });
  require_gradient([](Program& p, Tensor x) { return engine::add(p, x, x); });
  require_gradient([](Program& p, Tensor x) { return engine::multiply(p, x, x); });
  require_gradient(
      [](Program& p, Tensor x) { return engine::multiply(p, x, engine::sigmoid(p, x)); });
  require_gradient([](Program& p, Tensor x) {
    const Tensor a = engine::sigmoid(p, x), b = engine::relu(p, x);
    const Tensor product = engine::multiply(p, a, b);
    return engine::multiply(p, engine::add(p, a, b), product);
  });
}

TEST_CASE("sums and products are of values of one shape", "[elementwise]") {
  kernels::ThreadPool pool(1);
  Program program({.device = kernels::Cpu{&pool}});
  const Tensor a = program.input("a", {2, 3}), b = program.input("b", {3, 2});
  REQUIRE_THROWS_WITH(engine::add(program, a, b), test_support::contains("a [2, 3]"));
  REQUIRE_THROWS_WITH(engine::multiply(program, a, b), test_support::contains("b [3, 2]"));
}

#include "engine/ops/elementwise.h"

#include "engine/ops/relu.h"
#include "engine/ops/sigmoid.h"
#include "test/support/catch.h"
#include "test/support/contains.h"
#include "test/support/op_gradient.h"

using engine::Program;
using engine::Tensor;

TEST_CASE("gradients of sums and products", "[elementwise]") {
  const engine::Shape shape{2, 1, 3, 3, 5};
  SECTION("a sum of two uses") {
    test::require_op_gradient(shape, [](Program& program, Tensor x) {
      return engine::add(program, engine::sigmoid(program, x), x);
    });
  }
  SECTION("a sum whose second term goes on") {
    test::require_op_gradient(shape, [](Program& program, Tensor x) {
      return engine::add(program, x, engine::relu(program, x));
    });
  }
  SECTION("a sum of one value with itself") {
    test::require_op_gradient(
        shape, [](Program& program, Tensor x) { return engine::add(program, x, x); });
  }
  SECTION("a sum of results that others use too") {
    test::require_op_gradient(shape, [](Program& program, Tensor x) {
      const Tensor a = engine::sigmoid(program, x), b = engine::relu(program, x);
      return engine::multiply(program, engine::add(program, a, b), engine::multiply(program, a, b));
    });
  }
  SECTION("a gate") {
    test::require_op_gradient(shape, [](Program& program, Tensor x) {
      return engine::multiply(program, x, engine::sigmoid(program, x));
    });
  }
  SECTION("a square") {
    test::require_op_gradient(
        shape, [](Program& program, Tensor x) { return engine::multiply(program, x, x); });
  }
}

TEST_CASE("sums and products are of values of one shape", "[elementwise]") {
  kernels::ThreadPool pool(1);
  Program program({.device = kernels::Cpu{&pool}});
  const Tensor a = program.input("a", {2, 3}), b = program.input("b", {3, 2});
  REQUIRE_THROWS_WITH(engine::add(program, a, b), test_support::contains("a [2, 3]"));
  REQUIRE_THROWS_WITH(engine::multiply(program, a, b), test_support::contains("b [3, 2]"));
}

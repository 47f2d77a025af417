#include "engine/ops/dropout.h"

#include "kernels/base/philox.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

using engine::Program;
using engine::Tensor;

TEST_CASE("dropout is the identity in inference", "[dropout]") {
  kernels::ThreadPool pool(1);
  Program program({.device = kernels::Cpu{&pool}, .mode = engine::Mode::Inference});
  const Tensor x = program.input("x", {1, 2, 3});
  REQUIRE(engine::dropout(program, x) == x);
  REQUIRE(program.calls().empty());
}

TEST_CASE("all layers with dropout draw from one input", "[dropout]") {
  kernels::ThreadPool pool(1);
  Program program({.device = kernels::Cpu{&pool}});
  const Tensor x = program.input("x", {1, 2, 3});
  const Tensor y = engine::dropout(program, x, {.layer = 0});
  engine::dropout(program, y, {.layer = 1});
  REQUIRE(program.calls().size() == 2);
  for (const engine::Call& call : program.calls())
    REQUIRE(call.inputs.at(1) == program.find("random"));
  const engine::Value& random = program.value(program.random());
  REQUIRE(random.role == engine::Role::Input);
  REQUIRE(random.type == engine::Type::UInt32);
  REQUIRE(random.shape == engine::Shape{kernels::kRandomWords});
}

TEST_CASE("dropout refuses probabilities that leave nothing", "[dropout]") {
  kernels::ThreadPool pool(1);
  Program program({.device = kernels::Cpu{&pool}});
  const Tensor x = program.input("x", {1, 2, 3});
  for (const float probability : {-0.5f, 1.0f, 2.0f})
    REQUIRE_THROWS_WITH(engine::dropout(program, x, {.probability = probability}),
                        test_support::contains("must be in [0, 1), got"));
}

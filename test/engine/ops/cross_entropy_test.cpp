#include "engine/ops/cross_entropy.h"

#include <cmath>

#include "engine/runtime/session.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

using engine::Program;
using engine::Tensor;

namespace {

engine::CrossEntropy record(Program& program, Tensor logits, engine::Shape labels_shape) {
  const Tensor labels = program.input("labels", labels_shape, engine::Type::Int32);
  const Tensor weight = program.state("weight", {1}, {engine::Initializer::Kind::Constant, 0.5f});
  return engine::cross_entropy(program, logits, labels, weight);
}

}  // namespace

TEST_CASE("a program for inference has the loss and no gradient", "[cross_entropy]") {
  kernels::ThreadPool pool(1);
  Program program({.device = kernels::Cpu{&pool}, .mode = engine::Mode::Inference});
  const Tensor logits = program.input("logits", {1, 4, 2});
  const engine::CrossEntropy result = record(program, logits, {1, 4});
  engine::Session session(program);
  session.initialize(1);
  session.step();
  REQUIRE(std::abs(*session.data(result.loss) - 0.34657359f) < 1e-6f);  // half of log 2
  REQUIRE(*session.data(result.correct) == 4);
  REQUIRE_THROWS(program.find("d_logits"));
}

TEST_CASE("cross-entropy wants a label for each row", "[cross_entropy]") {
  kernels::ThreadPool pool(1);
  Program program({.device = kernels::Cpu{&pool}});
  const Tensor logits = program.input("logits", {1, 4, 2});
  REQUIRE_THROWS_WITH(record(program, logits, {4}),
                      test_support::contains("labels must be int32 [1, 4], got int32 [4]"));
}

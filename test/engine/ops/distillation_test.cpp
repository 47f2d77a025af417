#include "engine/ops/distillation.h"

#include "engine/ops/linear.h"
#include "engine/ops/slice.h"
#include "engine/ops/weight_penalty.h"
#include "test/support/catch.h"
#include "test/support/contains.h"
#include "test/support/op_gradient.h"

using engine::Program;
using engine::Tensor;

namespace {

Tensor constant(Program& program, const char* name, int size, float value) {
  return program.state(name, {size}, {engine::Initializer::Kind::Constant, value});
}

engine::DistillationKnobs knobs(Program& program, int views) {
  return {constant(program, "ce_weight", views, 0.7f), constant(program, "kl_weight", 1, 0.9f),
          constant(program, "temperature", 1, 1.5f)};
}

}  // namespace

TEST_CASE("distillation's gradient", "[distillation]") {
  test::require_gradients(
      {[](Program& program) {
         const Tensor logits = program.input("logits", {3, 4, 5});
         const Tensor labels = program.input("labels", {4}, engine::Type::Int32);
         program.want_gradient(logits);
         return std::vector{engine::distillation(program, logits, labels, knobs(program, 3),
                                                 kernels::Teacher::Mutual)
                                .loss};
       },
       {"logits"}});
}

TEST_CASE("distillation of heads whose weights are pulled together", "[distillation]") {
  test::require_gradients(
      {[](Program& program) {
         const Tensor x = program.input("x", {3, 2, 4});
         program.want_gradient(x);
         const Tensor labels = program.input("labels", {2}, engine::Type::Int32);
         const Tensor logits = program.activation("logits", {3, 2, 5}, engine::Type::Float);
         std::vector<engine::LinearParameters> layers;
         for (int v = 0; v < 3; ++v) {
           layers.push_back(engine::linear_parameters(program, kernels::text("head", v), 4, 5));
           engine::linear(program, engine::slice_views(program, x, v, 1), layers[size_t(v)].weight,
                          layers[size_t(v)].bias, engine::slice_views(program, logits, v, 1));
         }
         std::vector<Tensor> losses;
         {
           const Program::Scope scope(program, "distillation");
           losses.push_back(engine::distillation(program, logits, labels, knobs(program, 3),
                                                 kernels::Teacher::Mutual)
                                .loss);
         }
         const Program::Scope scope(program, "penalty");
         losses.push_back(engine::weight_penalty(program, layers[0], {layers[1], layers[2]},
                                                 constant(program, "coefficient", 1, 0.1f))
                              .loss);
         return losses;
       },
       {"x", "head0.weight", "head0.bias", "head1.weight", "head2.weight", "head2.bias"}});
}

TEST_CASE("losses say what they expected", "[distillation]") {
  kernels::ThreadPool pool(1);
  Program program({.device = kernels::Cpu{&pool}});
  const Tensor logits = program.input("logits", {3, 4, 5});
  const Tensor labels = program.input("labels", {5}, engine::Type::Int32);
  REQUIRE_THROWS_WITH(engine::distillation(program, logits, labels, knobs(program, 3)),
                      test_support::contains("labels must be int32 [4], got int32 [5]"));
  const Tensor few = program.input("few", {4}, engine::Type::Int32);
  REQUIRE_THROWS_WITH(engine::distillation(program, logits, few, knobs(program, 2)),
                      test_support::contains("each of 3 views, got [2]"));
  const auto primary = engine::linear_parameters(program, "primary", 4, 5);
  const auto other = engine::linear_parameters(program, "other", 6, 5);
  REQUIRE_THROWS_WITH(
      engine::weight_penalty(program, primary, {other}, knobs(program, 1).kl_weight),
      test_support::contains("other.weight must be [5, 4]"));
}

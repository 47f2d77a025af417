#include "engine/ops/distillation.h"

#include "engine/ops/linear.h"
#include "engine/ops/slice.h"
#include "engine/ops/weight_penalty.h"
#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/contains.h"
#include "test/support/gradient_check.h"

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

TEST_CASE("distillation of heads whose weights are pulled together", "[distillation]") {
  test::OpRun run(
      {.name = "heads",
       .arguments = {{.name = "x", .shape = {3, 2, 4}, .is_activation = false},
                     {.name = "w0", .shape = {5, 4}, .is_activation = false},
                     {.name = "b0", .shape = {5}, .is_activation = false},
                     {.name = "w1", .shape = {5, 4}, .is_activation = false},
                     {.name = "b1", .shape = {5}, .is_activation = false},
                     {.name = "w2", .shape = {5, 4}, .is_activation = false},
                     {.name = "b2", .shape = {5}, .is_activation = false}},
       .record = [](Program& program, const std::vector<Tensor>& t) -> tools::OpCase::Recorded {
         const Tensor labels = program.input("labels", {2}, engine::Type::Int32);  // all 0
         const Tensor logits = program.activation("logits", {3, 2, 5}, engine::Type::Float);
         for (int v = 0; v < 3; ++v) {
           const auto i = static_cast<size_t>(1L + 2L * v);
           engine::linear(program, engine::slice_views(program, t[0], v, 1), t[i], t[i + 1],
                          engine::slice_views(program, logits, v, 1));
         }
         const Tensor coefficient = constant(program, "coefficient", 1, 0.1f);
         return {{engine::distillation(program, logits, labels, knobs(program, 3),
                                       kernels::Teacher::Mutual)
                      .loss,
                  engine::weight_penalty(program, {t[1], t[2]}, {{t[3], t[4]}, {t[5], t[6]}},
                                         coefficient)
                      .loss}};
       },
       .results_are_losses = true},
      {});
  const auto gradients = run.gradients();
  const auto slopes = run.numeric_gradients(1.0f / 256);
  for (size_t i = 0; i < gradients.size(); ++i) {
    INFO("argument " << i);
    REQUIRE(test::normalised_error(gradients[i], slopes[i]) < 2e-3);
  }
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
  REQUIRE_THROWS_WITH(engine::weight_penalty(program, primary, {{primary.weight, other.weight}},
                                             knobs(program, 1).kl_weight),
                      test_support::contains("other.weight must be [5], got [5, 6]"));
}

#include "engine/ops/weight_penalty.h"

#include "engine/graph/gradients.h"

namespace engine {

WeightPenalty weight_penalty(Program& program, const LinearParameters& primary,
                             const std::vector<LinearParameters>& heads, Tensor coefficient,
                             kernels::Merging merging) {
  const int count = static_cast<int>(heads.size());
  CHECK(count >= 1 && count <= kernels::kMostHeads, "weight_penalty: expected 1 .. ",
        kernels::kMostHeads, " heads, got ", count);
  const Shape shape = program.shape(primary.weight);
  CHECK(shape.size() == 2 && program.shape(primary.bias) == Shape{shape[0]},
        "weight_penalty: expected a weight [classes, features] and a bias [classes], got ",
        text_of(shape), " and ", text_of(program.shape(primary.bias)));
  for (const LinearParameters& head : heads) {
    CHECK(program.shape(head.bias) == program.shape(primary.bias),
          "weight_penalty: ", program.value(head.bias).name, " must be ",
          text_of(program.shape(primary.bias)), ", got ", text_of(program.shape(head.bias)));
    CHECK(program.shape(head.weight) == shape, "weight_penalty: ", program.value(head.weight).name,
          " must be ", text_of(shape), " as ", program.value(primary.weight).name, ", got ",
          text_of(program.shape(head.weight)));
  }
  CHECK(program.shape(coefficient) == Shape{1},
        "weight_penalty: the coefficient must be one number, got ",
        text_of(program.shape(coefficient)));

  const Program::Scope scope(program, "weight_penalty");
  const kernels::WeightPenaltySizes sizes{count, shape[0], shape[1], merging};
  const WeightPenalty result{program.result("loss", {1}), program.result("distance", {count})};
  std::vector<LinearParameters> layers = {primary};
  layers.insert(layers.end(), heads.begin(), heads.end());

  program.gradient(result.loss, [=, &program](Gradients& gradients) {
    const auto scratch = static_cast<std::size_t>(kernels::weight_penalty_scratch(sizes));
    Call call{
        .name = "weight_penalty",
        .inputs = {coefficient},
        .outputs = {result.loss, result.distance, program.workspace(scratch * sizeof(float))}};
    for (const LinearParameters& layer : layers) {
      call.inputs.insert(call.inputs.end(), {layer.weight, layer.bias});
      call.outputs.insert(call.outputs.end(),
                          {gradients.accumulated(layer.weight), gradients.accumulated(layer.bias)});
    }
    program.call(std::move(call), [=](auto device, const Buffers& b) {
      const auto layer = [&](int j) {
        return kernels::WeightPenalty::Linear{.weight = b.in(1 + 2 * j),
                                              .bias = b.in(2 + 2 * j),
                                              .d_weight = b.out(3 + 2 * j),
                                              .d_bias = b.out(4 + 2 * j)};
      };
      kernels::WeightPenalty arrays{.primary = layer(0),
                                    .heads = {},
                                    .coefficient = b.in(0),
                                    .partial_sums = b.out(2),
                                    .loss = b.out(0),
                                    .distance = b.out(1)};
      for (int j = 0; j < sizes.heads; ++j) arrays.heads[j] = layer(1 + j);
      return [=] { kernels::weight_penalty(device, sizes, arrays); };
    });
  });
  return result;
}

}  // namespace engine

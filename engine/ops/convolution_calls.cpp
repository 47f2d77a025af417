#include "engine/ops/convolution_calls.h"

namespace engine {

using kernels::ConvolutionPass;

kernels::ConvolutionSizes convolution_sizes(const Program& program, Tensor x, Tensor weight,
                                            Tensor bias, const ConvolutionOptions& options) {
  const Shape in = program.shape(x), w = program.shape(weight);
  CHECK(in.size() == 5, "convolution: x must be [views, images, height, width, channels], got ",
        text_of(in));
  CHECK(w.size() == 4, "convolution: weight must be [out, in / groups, height, width], got ",
        text_of(w));
  CHECK(w[1] * options.groups == in[4], "convolution: x has ", in[4], " channels, weight ",
        text_of(w), " with ", options.groups, " groups takes ", w[1] * options.groups);
  CHECK(!bias || program.shape(bias) == Shape{w[0]}, "convolution: bias must have ", w[0],
        " channels, got ", text_of(program.shape(bias)));
  return {.images = in[0] * in[1],
          .height = in[2],
          .width = in[3],
          .in_channels = in[4],
          .out_channels = w[0],
          .kernel_height = w[2],
          .kernel_width = w[3],
          .stride = options.stride,
          .padding = options.padding,
          .groups = options.groups};
}

std::map<std::string, double> attributes_of(const ConvolutionOptions& options) {
  return {{"stride", options.stride}, {"padding", options.padding}, {"groups", options.groups}};
}

ConvolutionPlanPtr plan_convolution(const Program& program, const kernels::ConvolutionSizes& sizes,
                                    Type type, bool bias) {
  return program.on_device(
      [&](auto device) { return kernels::plan_convolution(device, sizes, type, bias); });
}

Tensor append_pack_weight(Program& program, const ConvolutionPlanPtr& plan, Tensor weight,
                          Type type) {
  const long size = plan->packed_weight_size();
  if (size == 0) return {};
  const Tensor packed = program.activation("packed_weight", {static_cast<int>(size)}, type);
  program.call({.name = "pack_weight", .inputs = {weight}, .outputs = {packed}},
               [plan](auto, const Buffers& b) {
                 return plan->pack_weight({.weight = b.in(0), .packed_weight = b.out<void>(0)});
               });
  return packed;
}

void append_convolution(Program& program, const ConvolutionPlanPtr& plan,
                        const ConvolutionTensors& t, const ConvolutionOptions& options) {
  const Tensor workspace = program.workspace(plan->workspace_bytes(ConvolutionPass::Forward));
  program.call({.name = "convolution_forward",
                .inputs = {t.x, t.packed_weight ? Tensor{} : t.weight, t.bias, t.packed_weight},
                .outputs = {t.y, workspace},
                .operations = plan->operations(),
                .attributes = attributes_of(options)},
               [plan](auto, const Buffers& b) {
                 return plan->forward({.x = b.in<void>(0),
                                       .weight = b.in(1),
                                       .bias = b.in(2),
                                       .y = b.out<void>(0),
                                       .workspace = b.out<void>(1),
                                       .packed_weight = b.in<void>(3)});
               });
}

void append_convolution_backward_data(Program& program, const ConvolutionPlanPtr& plan,
                                      const ConvolutionDataTensors& t, Gradients::Target d_x) {
  const Tensor workspace =
      program.workspace(plan->workspace_bytes(ConvolutionPass::BackwardData, d_x.mode));
  program.call({.name = "convolution_backward_data",
                .inputs = {t.d_y, t.packed_weight ? Tensor{} : t.weight, t.packed_weight},
                .outputs = {d_x.gradient, workspace},
                .operations = plan->operations()},
               [plan, mode = d_x.mode](auto, const Buffers& b) {
                 return plan->backward_data({.d_y = b.in<void>(0),
                                             .weight = b.in(1),
                                             .d_x = b.out<void>(0),
                                             .workspace = b.out<void>(1),
                                             .mode = mode,
                                             .packed_weight = b.in<void>(2)});
               });
}

void append_convolution_backward_weight(Program& program, Gradients& gradients,
                                        const ConvolutionPlanPtr& plan,
                                        const ConvolutionWeightTensors& t) {
  const Gradients::Target d_weight = gradients.target(t.weight);
  Tensor d_bias;
  if (t.bias) {
    const Gradients::Target target = gradients.target(t.bias);
    CHECK(target.mode == d_weight.mode, "convolution: weight and bias must be used together");
    d_bias = target.gradient;
  }
  const Tensor workspace =
      program.workspace(plan->workspace_bytes(ConvolutionPass::BackwardWeight, d_weight.mode));
  program.call({.name = "convolution_backward_weight",
                .inputs = {t.x, t.d_y},
                .outputs = {d_weight.gradient, d_bias, workspace},
                .operations = plan->operations()},
               [plan, mode = d_weight.mode](auto, const Buffers& b) {
                 return plan->backward_weight({.x = b.in<void>(0),
                                               .d_y = b.in<void>(1),
                                               .d_weight = b.out(0),
                                               .d_bias = b.out(1),
                                               .workspace = b.out<void>(2),
                                               .mode = mode});
               });
}

}  // namespace engine

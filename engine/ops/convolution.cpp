#include "engine/ops/convolution.h"

#include "engine/ops/convolution_calls.h"

namespace engine {

Tensor convolution(Program& program, Tensor x, Tensor weight, Tensor bias,
                   ConvolutionOptions options) {
  const Shape in = program.shape(x), w = program.shape(weight);
  CHECK(in.size() == 5, "convolution: x must be [views, images, height, width, channels], got ",
        text_of(in));
  CHECK(w.size() == 4, "convolution: weight must be [out, in / groups, height, width], got ",
        text_of(w));
  CHECK(w[1] * options.groups == in[4], "convolution: x has ", in[4], " channels, weight ",
        text_of(w), " with ", options.groups, " groups takes ", w[1] * options.groups);
  CHECK(!bias || program.shape(bias) == Shape{w[0]}, "convolution: bias must have ", w[0],
        " channels, got ", text_of(program.shape(bias)));
  const kernels::ConvolutionSizes sizes{.images = in[0] * in[1],
                                        .height = in[2],
                                        .width = in[3],
                                        .in_channels = in[4],
                                        .out_channels = w[0],
                                        .kernel_height = w[2],
                                        .kernel_width = w[3],
                                        .stride = options.stride,
                                        .padding = options.padding,
                                        .groups = options.groups};
  const ConvolutionPlanPtr plan = plan_convolution(program, sizes, program.type(x), bool(bias));
  const Tensor y = program.activation(
      "y", {in[0], in[1], sizes.out_height(), sizes.out_width(), w[0]}, program.type(x));
  append_convolution(program, plan, {x, weight, bias, y});

  program.gradient(y, [=, &program](Gradients& gradients) {
    const Tensor d_y = gradients.of(y);
    append_convolution_backward_weight(program, gradients, plan,
                                       {gradients.value(x), d_y, weight, bias});
    if (gradients.wanted(x))
      append_convolution_backward_data(program, plan, {d_y, weight}, gradients.target(x));
  });
  return y;
}

}  // namespace engine

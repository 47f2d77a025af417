#include "engine/ops/transposed_convolution.h"

#include "engine/ops/convolution_calls.h"

namespace engine {

Tensor transposed_convolution(Program& program, Tensor x, Tensor weight,
                              TransposedConvolutionOptions options) {
  const Shape in = program.shape(x), w = program.shape(weight);
  CHECK(in.size() == 5,
        "transposed_convolution: x must be [views, images, height, width, channels], got ",
        text_of(in));
  CHECK(w.size() == 4 && w[0] == in[4],
        "transposed_convolution: weight must be [in, out / groups, height, width] with in = ",
        in[4], ", got ", text_of(w));
  CHECK(options.output_padding >= 0 && options.output_padding < options.stride,
        "transposed_convolution: output_padding must be in [0, stride ", options.stride, "), got ",
        options.output_padding);
  const auto extent = [&](int from, int kernel) {
    return (from - 1) * options.stride - 2 * options.padding + kernel + options.output_padding;
  };
  const kernels::ConvolutionSizes sizes{.images = in[0] * in[1],
                                        .height = extent(in[2], w[2]),
                                        .width = extent(in[3], w[3]),
                                        .in_channels = w[1] * options.groups,
                                        .out_channels = in[4],
                                        .kernel_height = w[2],
                                        .kernel_width = w[3],
                                        .stride = options.stride,
                                        .padding = options.padding,
                                        .groups = options.groups};
  const ConvolutionPlanPtr plan = plan_convolution(program, sizes, program.type(x), false);
  const Tensor y = program.activation(
      "y", {in[0], in[1], sizes.height, sizes.width, sizes.in_channels}, program.type(x));
  const Tensor packed = append_pack_weight(program, plan, weight, program.type(x));
  append_convolution_backward_data(program, plan, {x, weight, packed},
                                   {y, GradientMode::Overwrite});

  program.gradient(y, [=, &program](Gradients& gradients) {
    const Tensor d_y = gradients.of(y);
    append_convolution_backward_weight(program, gradients, plan,
                                       {d_y, gradients.value(x), weight, {}});
    if (!gradients.wanted(x)) return;
    // A convolution writes its result; it cannot add to one.
    const Tensor d_x = program.activation("d_x", in, program.type(x));
    append_convolution(program, plan, {d_y, weight, {}, d_x, packed},
                       {options.stride, options.padding, options.groups});
    gradients.contribute(x, d_x);
  });
  return y;
}

}  // namespace engine

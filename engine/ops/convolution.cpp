#include "engine/ops/convolution.h"

#include "engine/ops/convolution_calls.h"

namespace engine {

Tensor convolution(Program& program, Tensor x, Tensor weight, Tensor bias,
                   ConvolutionOptions options) {
  const kernels::ConvolutionSizes sizes = convolution_sizes(program, x, weight, bias, options);
  const Shape in = program.shape(x);
  const ConvolutionPlanPtr plan = plan_convolution(program, sizes, program.type(x), bool(bias));
  const Tensor y = program.activation(
      "y", {in[0], in[1], sizes.out_height(), sizes.out_width(), sizes.out_channels},
      program.type(x));
  const Tensor packed = append_pack_weight(program, plan, weight, program.type(x));
  append_convolution(program, plan, {x, weight, bias, y, packed}, options);

  program.gradient(y, [=, &program](Gradients& gradients) {
    const Tensor d_y = gradients.of(y);
    append_convolution_backward_weight(program, gradients, plan,
                                       {gradients.value(x), d_y, weight, bias});
    if (gradients.wanted(x))
      append_convolution_backward_data(program, plan, {d_y, weight, packed}, gradients.target(x));
  });
  return y;
}

}  // namespace engine

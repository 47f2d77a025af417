#include "engine/ops/linear.h"

#include "engine/ops/convolution_calls.h"

namespace engine {

Tensor linear(Program& program, Tensor x, Tensor weight, Tensor bias, Tensor into) {
  const Shape in = program.shape(x), w = program.shape(weight);
  CHECK(in.size() == 3 && program.type(x) == Type::Float,
        "linear: x must be float [views, images, features], got ",
        kernels::name_of(program.type(x)), " ", text_of(in));
  CHECK(w.size() == 2 && w[1] == in[2], "linear: weight must be [out, ", in[2], "], got ",
        text_of(w));
  CHECK(!bias || program.shape(bias) == Shape{w[0]}, "linear: bias must have ", w[0],
        " elements, got ", text_of(program.shape(bias)));
  const Shape out{in[0], in[1], w[0]};
  CHECK(!into || program.shape(into) == out, "linear: the result is ", text_of(out),
        ", the place for it ", text_of(program.shape(into)));

  // One by one images make a linear layer of a convolution.
  const kernels::ConvolutionSizes sizes{
      .images = in[0] * in[1], .in_channels = w[1], .out_channels = w[0]};
  const ConvolutionPlanPtr plan = plan_convolution(program, sizes, Type::Float, bool(bias));
  const Tensor y = into ? into : program.activation("y", out, Type::Float);
  const Tensor packed = append_pack_weight(program, plan, weight, Type::Float);
  append_convolution(program, plan, {x, weight, bias, y, packed}, {});

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

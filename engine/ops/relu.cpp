#include "engine/ops/relu.h"

#include "engine/graph/gradients.h"
#include "kernels/relu/relu.h"

namespace engine {
namespace {

template <class T>
void append_forward(Program& program, Tensor x, Tensor y) {
  const kernels::ReluSizes sizes{size_of(program.shape(x))};
  program.call({.name = "relu_forward", .inputs = {x}, .outputs = {y}, .in_place = {{0, 0}}},
               [=](auto device, const Buffers& b) {
                 const kernels::ReluForward<T> arrays{.x = b.in<T>(0), .y = b.out<T>(0)};
                 return [=] { kernels::relu_forward(device, sizes, arrays); };
               });
}

template <class T>
void append_backward(Program& program, Gradients& gradients, Tensor x, Tensor y) {
  const kernels::ReluSizes sizes{size_of(program.shape(x))};
  const Tensor d_y = gradients.of(y);
  const Gradients::Target d_x = gradients.target(x);
  Call call{
      .name = "relu_backward", .inputs = {gradients.value(y), d_y}, .outputs = {d_x.gradient}};
  if (d_x.mode == GradientMode::Overwrite) call.in_place = {{1, 0}};
  program.call(std::move(call), [=](auto device, const Buffers& b) {
    const kernels::ReluBackward<T> arrays{
        .y = b.in<T>(0), .d_y = b.in<T>(1), .d_x = b.out<T>(0), .mode = d_x.mode};
    return [=] { kernels::relu_backward(device, sizes, arrays); };
  });
}

}  // namespace

Tensor relu(Program& program, Tensor x) {
  const Tensor y = program.activation("y", program.shape(x), program.type(x));
  kernels::with_storage(program.type(x), [&](auto tag) {
    using T = typename decltype(tag)::type;
    append_forward<T>(program, x, y);
    program.gradient(y, [=, &program](Gradients& gradients) {
      if (gradients.wanted(x)) append_backward<T>(program, gradients, x, y);
    });
    if (!program.recomputable(x)) return;  // keeping x would take the memory that y does
    program.recompute(y, [=, &program](Gradients& gradients) {
      const Tensor from = gradients.value(x);
      const Tensor again = program.activation("y_again", program.shape(y), program.type(y));
      append_forward<T>(program, from, again);
      return again;
    });
  });
  return y;
}

}  // namespace engine

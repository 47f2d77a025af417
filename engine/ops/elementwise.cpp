#include "engine/ops/elementwise.h"

#include "engine/graph/gradients.h"
#include "kernels/elementwise/elementwise.h"

namespace engine {
namespace {

void check_alike(const Program& program, const char* name, Tensor a, Tensor b) {
  CHECK(program.shape(a) == program.shape(b) && program.type(a) == program.type(b), name,
        ": expected two values of one shape and type, got ", program.value(a).name, " ",
        text_of(program.shape(a)), " ", kernels::name_of(program.type(a)), " and ",
        program.value(b).name, " ", text_of(program.shape(b)), " ",
        kernels::name_of(program.type(b)));
}

// Two summands have one gradient. The first may keep it as its own, the other needs a copy: later
// contributions to one must not reach the other.
template <class T>
void append_add_backward(Program& program, Gradients& gradients, Tensor a, Tensor b, Tensor y) {
  const Tensor d_y = gradients.of(y);
  if (gradients.wanted(a)) gradients.contribute(a, d_y);
  if (!gradients.wanted(b)) return;
  if (!gradients.wanted(a)) return gradients.contribute(b, d_y);

  const kernels::ElementwiseSizes sizes{size_of(program.shape(y))};
  const Gradients::Target d_b = gradients.target(b);
  program.call({.name = "add_into", .inputs = {d_y}, .outputs = {d_b.gradient}},
               [=](auto device, const Buffers& buffers) {
                 const kernels::AddInto<T> arrays{.x = buffers.in<T>(0), .y = buffers.out<T>(0)};
                 return [=] { kernels::add_into(device, sizes, arrays, d_b.mode); };
               });
}

template <class T>
void append_multiply_backward(Program& program, Gradients& gradients, Tensor a, Tensor b,
                              Tensor y) {
  const kernels::ElementwiseSizes sizes{size_of(program.shape(y))};
  const Gradients::Target none{{}, GradientMode::Overwrite};
  const Tensor d_y = gradients.of(y);
  const Gradients::Target d_a = gradients.wanted(a) ? gradients.target(a) : none;
  const Gradients::Target d_b = gradients.wanted(b) ? gradients.target(b) : none;
  program.call({.name = "multiply_backward",
                .inputs = {gradients.value(a), gradients.value(b), d_y},
                .outputs = {d_a.gradient, d_b.gradient}},
               [=](auto device, const Buffers& buffers) {
                 const kernels::MultiplyBackward<T> arrays{.a = buffers.in<T>(0),
                                                           .b = buffers.in<T>(1),
                                                           .d_y = buffers.in<T>(2),
                                                           .d_a = buffers.out<T>(0),
                                                           .d_b = buffers.out<T>(1),
                                                           .a_mode = d_a.mode,
                                                           .b_mode = d_b.mode};
                 return [=] { kernels::multiply_backward(device, sizes, arrays); };
               });
}

template <class T>
void append_add(Program& program, Tensor a, Tensor b, Tensor y) {
  const kernels::ElementwiseSizes sizes{size_of(program.shape(y))};
  program.call({.name = "add", .inputs = {a, b}, .outputs = {y}, .in_place = {{0, 0}, {1, 0}}},
               [=](auto device, const Buffers& buffers) {
                 const kernels::Add<T> arrays{
                     .a = buffers.in<T>(0), .b = buffers.in<T>(1), .y = buffers.out<T>(0)};
                 return [=] { kernels::add(device, sizes, arrays); };
               });
}

template <class T>
void append_multiply(Program& program, Tensor a, Tensor b, Tensor y) {
  const kernels::ElementwiseSizes sizes{size_of(program.shape(y))};
  program.call(
      {.name = "multiply_forward", .inputs = {a, b}, .outputs = {y}, .in_place = {{0, 0}, {1, 0}}},
      [=](auto device, const Buffers& buffers) {
        const kernels::MultiplyForward<T> arrays{
            .a = buffers.in<T>(0), .b = buffers.in<T>(1), .y = buffers.out<T>(0)};
        return [=] { kernels::multiply_forward(device, sizes, arrays); };
      });
}

// The recompute rule of y, whose forward call `append` appends.
template <class Append>
void remember(Program& program, Tensor a, Tensor b, Tensor y, Append append) {
  program.recompute(y, [=, &program](Gradients& gradients) {
    const Tensor from = gradients.value(a), other = gradients.value(b);
    const Tensor again = program.activation("y_again", program.shape(y), program.type(y));
    append(program, from, other, again);
    return again;
  });
}

}  // namespace

Tensor add(Program& program, Tensor a, Tensor b) {
  check_alike(program, "add", a, b);
  const Tensor y = program.activation("sum", program.shape(a), program.type(a));
  kernels::with_storage(program.type(a), [&](auto tag) {
    using T = typename decltype(tag)::type;
    append_add<T>(program, a, b, y);
    program.gradient(y, [=, &program](Gradients& gradients) {
      append_add_backward<T>(program, gradients, a, b, y);
    });
    // Else keeping a or b takes memory in place of y.
    if (program.recomputable(a) && program.recomputable(b))
      remember(program, a, b, y, append_add<T>);
  });
  return y;
}

Tensor multiply(Program& program, Tensor a, Tensor b) {
  check_alike(program, "multiply", a, b);
  const Tensor y = program.activation("product", program.shape(a), program.type(a));
  kernels::with_storage(program.type(a), [&](auto tag) {
    using T = typename decltype(tag)::type;
    append_multiply<T>(program, a, b, y);
    program.gradient(y, [=, &program](Gradients& gradients) {
      append_multiply_backward<T>(program, gradients, a, b, y);
    });
    remember(program, a, b, y, append_multiply<T>);  // its own gradient needs a and b
  });
  return y;
}

}  // namespace engine

#include "engine/ops/convert.h"

#include "engine/graph/gradients.h"
#include "kernels/elementwise/elementwise.h"

namespace engine {
namespace {

void append_convert(Program& program, Tensor x, Tensor y) {
  const kernels::ElementwiseSizes sizes{size_of(program.shape(x))};
  kernels::with_storage(program.type(x), [&](auto from) {
    kernels::with_storage(program.type(y), [&](auto to) {
      using From = typename decltype(from)::type;
      using To = typename decltype(to)::type;
      program.call({.name = "convert", .inputs = {x}, .outputs = {y}},
                   [=](auto device, const Buffers& b) {
                     const kernels::Convert<From, To> arrays{.x = b.in<From>(0), .y = b.out<To>(0)};
                     return [=] { kernels::convert(device, sizes, arrays); };
                   });
    });
  });
}

}  // namespace

Tensor convert(Program& program, Tensor x, Type type) {
  for (const Type each : {program.type(x), type})
    CHECK(each == Type::Float || each == Type::BFloat16, "convert: ", program.value(x).name,
          " must be float or bf16 and become one of them, got ", kernels::name_of(program.type(x)),
          " to ", kernels::name_of(type));
  if (program.type(x) == type) return x;
  const Tensor y = program.activation("converted", program.shape(x), type);
  append_convert(program, x, y);
  program.gradient(y, [=, &program](Gradients& gradients) {
    if (!gradients.wanted(x)) return;
    const Tensor d_y = gradients.of(y);
    const Tensor d_x = program.activation("d_x", program.shape(x), program.type(x));
    append_convert(program, d_y, d_x);
    gradients.contribute(x, d_x);
  });
  return y;
}

}  // namespace engine

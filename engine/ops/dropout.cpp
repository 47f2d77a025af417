#include "engine/ops/dropout.h"

#include "engine/graph/gradients.h"
#include "kernels/dropout/dropout.h"

namespace engine {
namespace {

// Both passes: y = dropout(x), or d_x = dropout(d_y).
template <class T>
void append(Program& program, const char* name, const DropoutOptions& options, Tensor x,
            const Gradients::Target& y) {
  const kernels::DropoutSizes sizes{size_of(program.shape(x))};
  Call call{.name = name, .inputs = {x, program.random()}, .outputs = {y.gradient}};
  if (y.mode == GradientMode::Overwrite) call.in_place = {{0, 0}};
  program.call(std::move(call), [=](auto device, const Buffers& b) {
    const kernels::Dropout<T> arrays{.x = b.in<T>(0),
                                     .random = b.in<std::uint32_t>(1),
                                     .y = b.out<T>(0),
                                     .probability = options.probability,
                                     .layer = options.layer,
                                     .mode = y.mode};
    return [=] { kernels::dropout(device, sizes, arrays); };
  });
}

}  // namespace

Tensor dropout(Program& program, Tensor x, DropoutOptions options) {
  CHECK(options.probability >= 0 && options.probability < 1,
        "dropout: the probability must be in [0, 1), got ", options.probability);
  if (!program.training()) return x;
  const Tensor y = program.activation("y", program.shape(x), program.type(x));
  kernels::with_storage(program.type(x), [&](auto tag) {
    using T = typename decltype(tag)::type;
    append<T>(program, "dropout_forward", options, x, {y, GradientMode::Overwrite});
    program.gradient(y, [=, &program](Gradients& gradients) {
      if (!gradients.wanted(x)) return;
      const Tensor d_y = gradients.of(y);
      append<T>(program, "dropout_backward", options, d_y, gradients.target(x));
    });
  });
  return y;
}

}  // namespace engine

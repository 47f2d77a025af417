#include "engine/ops/slice.h"

namespace engine {

Tensor slice_views(Program& program, Tensor x, int first, int count) {
  Shape shape = program.shape(x);
  CHECK(!shape.empty() && first >= 0 && count >= 1 && first + count <= shape[0],
        "slice_views: views ", first, " .. ", first + count - 1, " of ", text_of(shape));
  const long view = size_of(shape) / shape[0];
  shape[0] = count;
  return program.alias(kernels::text("views", first, "+", count), x, shape, view * first);
}

Tensor reshape(Program& program, Tensor x, Shape shape) {
  CHECK(size_of(shape) == size_of(program.shape(x)), "reshape: ", text_of(program.shape(x)),
        " cannot become ", text_of(shape));
  return program.alias("reshaped", x, std::move(shape));
}

}  // namespace engine

// Parts and other shapes of a value, in its own memory: no call, no copy. Gradients flow through.
#pragma once

#include "engine/graph/program.h"

namespace engine {

// Views first .. first + count - 1 of x [views, ...] -> [count, ...].
Tensor slice_views(Program&, Tensor x, int first, int count);

// The same numbers in the same order under another shape of the same size.
Tensor reshape(Program&, Tensor x, Shape shape);

}  // namespace engine

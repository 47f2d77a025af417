// Gradients of operations, as programs compute them, against slopes of the loss.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/graph/program.h"

namespace test {

// Records values that reach losses; the named ones are inputs or parameters.
struct GradientCase {
  std::function<std::vector<engine::Tensor>(engine::Program&)> losses;
  std::vector<std::string> names;
};

// Requires that the gradient of the losses' sum with respect to every named value is its slope, and
// that sharing memory changes neither.
void require_gradients(const GradientCase&);

// The same for one operation of one value of a shape [.., .., .., .., classes], given to a loss, in
// both storage types; once where the operation is the first to give its argument a gradient, and
// once where it adds to another's.
using Op = std::function<engine::Tensor(engine::Program&, engine::Tensor)>;
void require_op_gradient(const engine::Shape&, const Op&);

}  // namespace test

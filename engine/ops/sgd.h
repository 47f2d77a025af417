// The update: one call over all parameters as one flat array.
#pragma once

#include "engine/graph/program.h"

namespace engine {

// knobs: Input [kernels::kSgdKnobs]. Call after Program::backward. Every parameter gets a Momentum
// value "<parameter>.momentum".
void sgd(Program&, Tensor knobs);

}  // namespace engine

// Logistic sigmoid: the gate of an attention module.
#pragma once

#include "engine/graph/program.h"

namespace engine {

// y = 1 / (1 + exp(-x)), any shape; in place where x ends here.
Tensor sigmoid(Program&, Tensor x);

}  // namespace engine

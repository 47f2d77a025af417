// Rectified linear unit. Behind a batch norm use that operation's own (it keeps one bit a number).
#pragma once

#include "engine/graph/program.h"

namespace engine {

// y = max(x, 0), any shape; in place where x ends here.
Tensor relu(Program&, Tensor x);

}  // namespace engine

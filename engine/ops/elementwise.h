// Sums and products of two values of one shape and type.
#pragma once

#include "engine/graph/program.h"

namespace engine {

Tensor add(Program&, Tensor a, Tensor b);
Tensor multiply(Program&, Tensor a, Tensor b);

}  // namespace engine

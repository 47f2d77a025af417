// Another storage type of the same numbers: float to bf16 (rounded to nearest even) and back.
#pragma once

#include "engine/graph/program.h"

namespace engine {

// x of any shape, float or bf16 -> the same shape as `type`; x itself where it has that type. The
// gradient is converted back.
Tensor convert(Program&, Tensor x, Type type);

}  // namespace engine

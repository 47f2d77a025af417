// A linear layer over features: y = x * weight^T + bias.
#pragma once

#include "engine/graph/program.h"

namespace engine {

// x [views, images, in], weight [out, in], bias [out] or {} -> [views, images, out], float.
// `into`: a value of that shape to write to (a slice of the logits of all heads), else a new one.
Tensor linear(Program&, Tensor x, Tensor weight, Tensor bias, Tensor into = {});

}  // namespace engine

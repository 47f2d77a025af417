// Dropout. kernels/dropout/dropout.h has the mathematics.
#pragma once

#include "engine/graph/program.h"

namespace engine {

struct DropoutOptions {
  float probability = 0.5f;  // of becoming 0, in [0, 1)
  std::uint32_t layer = 0;   // layers of one program need numbers of their own
};

// x of any shape, float or bf16 -> the same; by the random numbers of the step (Program::random).
// In a program for inference it is x itself.
Tensor dropout(Program&, Tensor x, DropoutOptions = {});

}  // namespace engine

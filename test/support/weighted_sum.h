// A loss for tests: the sum of y * r, with fixed random r in [-1, 1). Its gradient is r.
#pragma once

#include <cstdint>

#include "engine/graph/program.h"

namespace test {

// y of any shape, float or bf16. The sum is taken in double: loss + rest is more exact than loss
// alone, as a numeric derivative needs it.
struct WeightedSum {
  engine::Tensor loss;  // State [1]; give it to Program::backward
  engine::Tensor rest;  // State [1]; what rounding took from loss
};
// The same r for the same seed and size; `skip` leaves out as many numbers at its beginning.
WeightedSum weighted_sum(engine::Program&, engine::Tensor y, std::uint32_t seed, long skip = 0);

}  // namespace test

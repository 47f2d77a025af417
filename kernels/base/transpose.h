// Turns 16 rows of 16 floats into 16 columns, in registers.
#pragma once

#include "kernels/base/lanes.h"

namespace kernels {

// In four rounds, rows that are `distance` apart exchange what lies off the diagonal of their
// blocks of that side.
inline void transpose(Lanes (&rows)[kLanes]) {
  using Places __attribute__((vector_size(kLanes * sizeof(int)))) = int;
  for (int distance = 1; distance < kLanes; distance *= 2) {
    Places low{}, high{};
    for (int lane = 0; lane < kLanes; ++lane) {
      low[lane] = lane & distance ? kLanes + lane - distance : lane;
      high[lane] = lane & distance ? kLanes + lane : lane + distance;
    }
    for (int i = 0; i < kLanes; ++i) {
      if (i & distance) continue;
      const Lanes upper = rows[i], lower = rows[i + distance];
      rows[i] = __builtin_shuffle(upper, lower, low);
      rows[i + distance] = __builtin_shuffle(upper, lower, high);
    }
  }
}

}  // namespace kernels

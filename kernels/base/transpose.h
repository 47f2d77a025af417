// Turns 16 rows of 16 floats into 16 columns, in registers.
#pragma once

#include <utility>

#include "kernels/base/lanes.h"

namespace kernels {

// Rows that are kDistance apart exchange what lies off the diagonal of their blocks of that side.
template <int kDistance, int... kLane>
void exchange(Lanes& upper, Lanes& lower, std::integer_sequence<int, kLane...>) {
  const Lanes high = lower;
  lower = __builtin_shufflevector(upper, high,
                                  (kLane & kDistance ? kLanes + kLane : kLane + kDistance)...);
  upper = __builtin_shufflevector(upper, high,
                                  (kLane & kDistance ? kLanes + kLane - kDistance : kLane)...);
}

template <int kDistance>
void exchange_all(Lanes (&rows)[kLanes]) {
#pragma GCC unroll 16
  for (int i = 0; i < kLanes; ++i)
    if (!(i & kDistance))
      exchange<kDistance>(rows[i], rows[i + kDistance], std::make_integer_sequence<int, kLanes>());
}

inline void transpose(Lanes (&rows)[kLanes]) {
  exchange_all<1>(rows);
  exchange_all<2>(rows);
  exchange_all<4>(rows);
  exchange_all<8>(rows);
}

}  // namespace kernels

// The transforms of Winograd's minimal filtering F(4x4, 3x3): 16 outputs of a 3x3 convolution from
// 36 multiplications instead of 144. (Lavin and Gray, "Fast Algorithms for Convolutional Neural
// Networks", CVPR 2016, section 4.)
//
//   Y = A' [(G g G') * (B' d B)] A      d: 6x6 inputs, g: 3x3 weights, Y: 4x4 outputs; * by element
//
// The six points are 0, +-a, +-b and infinity, with a and b exact in binary; see docs/decisions.md.
//
// The gradient of the weights is the same bilinear form seen from g:
//   d_g = G' [(B' d B) * (A d_Y A')] G
#pragma once

#include "kernels/base/lanes.h"

namespace kernels::winograd {

constexpr int kOutputs = 4;  // on a side of a tile
constexpr int kInputs = 6;   // on a side of a tile, transformed or not
constexpr int kPoints = kInputs * kInputs;
constexpr float kA = 0.625f, kB = 1.5f;
constexpr float kA2 = kA * kA, kB2 = kB * kB;
constexpr float kN0 = 1 / (kA2 * kB2), kNa = 1 / (2 * kA2 * (kA2 - kB2)),
                kNb = 1 / (2 * kB2 * (kB2 - kA2));

// The values at a, -a, b and -b, from the even and odd parts of a polynomial there.
inline void at_pairs(Lanes even_a, Lanes odd_a, Lanes even_b, Lanes odd_b, Lanes* t, int step) {
  t[step] = even_a + odd_a;
  t[2 * step] = even_a - odd_a;
  t[3 * step] = even_b + odd_b;
  t[4 * step] = even_b - odd_b;
}

// B' d: 6 -> 6
inline void transform_inputs(const Lanes* d, Lanes* t, int step) {
  const Lanes even_a = d[4] - kB2 * d[2], odd_a = kA * (d[3] - kB2 * d[1]);
  const Lanes even_b = d[4] - kA2 * d[2], odd_b = kB * (d[3] - kA2 * d[1]);
  t[0] = d[4] + kA2 * kB2 * d[0] - (kA2 + kB2) * d[2];
  at_pairs(even_a, odd_a, even_b, odd_b, t, step);
  t[5 * step] = d[5] + kA2 * kB2 * d[1] - (kA2 + kB2) * d[3];
}

// G g: 3 -> 6
inline void transform_weights(const Lanes* g, Lanes* t, int step) {
  const Lanes even_a = kNa * g[0] + kNa * kA2 * g[2], odd_a = kNa * kA * g[1];
  const Lanes even_b = kNb * g[0] + kNb * kB2 * g[2], odd_b = kNb * kB * g[1];
  t[0] = kN0 * g[0];
  at_pairs(even_a, odd_a, even_b, odd_b, t, step);
  t[5 * step] = g[2];
}

// A' m: 6 -> 4
inline void transform_outputs(const Lanes* m, Lanes* y, int step) {
  const Lanes sum_a = m[1] + m[2], difference_a = m[1] - m[2];
  const Lanes sum_b = m[3] + m[4], difference_b = m[3] - m[4];
  y[0] = m[0] + sum_a + sum_b;
  y[step] = kA * difference_a + kB * difference_b;
  y[2 * step] = kA2 * sum_a + kB2 * sum_b;
  y[3 * step] = m[5] + kA2 * kA * difference_a + kB2 * kB * difference_b;
}

// A d_y: 4 -> 6
inline void transform_output_gradients(const Lanes* y, Lanes* t, int step) {
  const Lanes even_a = y[0] + kA2 * y[2], odd_a = kA * y[1] + kA2 * kA * y[3];
  const Lanes even_b = y[0] + kB2 * y[2], odd_b = kB * y[1] + kB2 * kB * y[3];
  t[0] = y[0];
  at_pairs(even_a, odd_a, even_b, odd_b, t, step);
  t[5 * step] = y[3];
}

// G' m: 6 -> 3
inline void transform_weight_gradients(const Lanes* m, Lanes* g, int step) {
  const Lanes sum_a = kNa * (m[1] + m[2]), difference_a = kNa * kA * (m[1] - m[2]);
  const Lanes sum_b = kNb * (m[3] + m[4]), difference_b = kNb * kB * (m[3] - m[4]);
  g[0] = kN0 * m[0] + sum_a + sum_b;
  g[step] = difference_a + difference_b;
  g[2 * step] = m[5] + kA2 * sum_a + kB2 * sum_b;
}

}  // namespace kernels::winograd

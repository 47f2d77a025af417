// e^x by arithmetic alone, without a table, branch or call, so that a loop over it is vectorised.
//
// With n = round(x / log 2) and r = x - n log 2, |r| <= log(2) / 2:  e^x = 2^n e^r. A polynomial of
// degree 6 gives e^r, and adding n to the exponent's bits gives 2^n. Relative error below 2e-7
// (measured in the test) wherever e^x is a normal number; below that it underflows gradually to 0,
// above it is infinity, and NaN stays NaN.
//
// Polynomial: Moshier, Cephes Mathematical Library, expf.c (1992).
#pragma once

#include <bit>
#include <cstdint>

namespace kernels {

// a * b + c; rounded once where the processor can.
inline float multiply_add(float a, float b, float c) {
#ifdef __FMA__
  return __builtin_fmaf(a, b, c);
#else
  return a * b + c;
#endif
}

// 2^exponent, for an exponent in -126 .. 127.
inline float power_of_two(std::int32_t exponent) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(exponent + 127) << 23);
}

inline float exponential(float x) {
  // Beyond these bounds the result is 0 or infinity; NaN fails both comparisons and passes.
  constexpr float kLowest = -104.0f, kHighest = 89.0f;
  const float bounded = x < kLowest ? kLowest : (x > kHighest ? kHighest : x);

  // Adding 1.5 * 2^23 leaves no bits for a fraction: the sum is rounded, and its low bits are n.
  constexpr float kRound = 0x1.8p23f;
  const float shifted = multiply_add(bounded, 1.44269504f, kRound);
  const float n = shifted - kRound;
  const auto exponent = static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(shifted) -
                                                  std::bit_cast<std::uint32_t>(kRound));

  // log 2 in two pieces, the first of 9 bits, so that its product with n is exact.
  const float r = multiply_add(n, 2.12194440e-4f, multiply_add(n, -0.693359375f, bounded));
  float p = 1.9875691500e-4f;
  p = multiply_add(p, r, 1.3981999507e-3f);
  p = multiply_add(p, r, 8.3334519073e-3f);
  p = multiply_add(p, r, 4.1665795894e-2f);
  p = multiply_add(p, r, 1.6666665459e-1f);
  p = multiply_add(p, r, 5.0000001201e-1f);
  const float e_r = multiply_add(p, r * r, r) + 1.0f;

  // In two steps, because 2^n alone can leave the range of float where e^x does not.
  const std::int32_t half = exponent >> 1;
  return e_r * power_of_two(half) * power_of_two(exponent - half);
}

}  // namespace kernels

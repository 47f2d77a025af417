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

#include "kernels/base/lanes.h"

namespace kernels {

// Adding 1.5 * 2^23 leaves no bits for a fraction: the sum is rounded, and its low bits are that
// whole number.
inline constexpr float kRound = 0x1.8p23f;

// a * b + c; rounded once where the processor can.
inline float multiply_add(float a, float b, float c) {
#ifdef __FMA__
  return __builtin_fmaf(a, b, c);
#else
  return a * b + c;
#endif
}

// x, or the bound that it is beyond; NaN stays NaN.
inline float within(float lowest, float highest, float x) {
  return x < lowest ? lowest : (x > highest ? highest : x);
}

// x * 2^n for a whole n in -152 .. 129, as if rounded once; NaN for a NaN.
inline float times_power_of_two(float x, float n) {
  const auto bits = [](float value) { return std::bit_cast<std::int32_t>(value); };
  const auto power = [](std::int32_t exponent) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(exponent + 127) << 23);
  };
  // In two steps, because 2^n alone can leave the range of float where the result does not.
  const std::int32_t exponent = bits(n + kRound) - bits(kRound), half = exponent >> 1;
  return x * power(half) * power(exponent - half);
}

#ifdef __AVX512F__
inline Lanes within(Lanes lowest, Lanes highest, Lanes x) {
  const __m512 above = _mm512_maskz_max_ps(0xffff, reinterpret_cast<__m512>(lowest),
                                           reinterpret_cast<__m512>(x));  // the second if NaN
  return reinterpret_cast<Lanes>(
      _mm512_maskz_min_ps(0xffff, reinterpret_cast<__m512>(highest), above));
}
inline Lanes times_power_of_two(Lanes x, Lanes n) {
  return reinterpret_cast<Lanes>(
      _mm512_maskz_scalef_ps(0xffff, reinterpret_cast<__m512>(x), reinterpret_cast<__m512>(n)));
}
#else
inline Lanes within(Lanes lowest, Lanes highest, Lanes x) {
  for (int i = 0; i < kLanes; ++i) x[i] = within(lowest[i], highest[i], x[i]);
  return x;
}
inline Lanes times_power_of_two(Lanes x, Lanes n) {
  for (int i = 0; i < kLanes; ++i) x[i] = times_power_of_two(x[i], n[i]);
  return x;
}
#endif

// Float: float or Lanes. A call would keep the loop around it from being vectorised.
template <class Float>
[[gnu::always_inline]] inline Float exponential(Float x) {
  const auto all = [](float value) { return value - Float{}; };
  // Beyond these bounds the result is 0 or infinity.
  const Float bounded = within(all(-104.0f), all(89.0f), x);
  const Float n = multiply_add(bounded, all(1.44269504f), all(kRound)) - kRound;

  // log 2 in two pieces, the first of 9 bits, so that its product with n is exact.
  const Float r =
      multiply_add(n, all(2.12194440e-4f), multiply_add(n, all(-0.693359375f), bounded));
  Float p = all(1.9875691500e-4f);
  p = multiply_add(p, r, all(1.3981999507e-3f));
  p = multiply_add(p, r, all(8.3334519073e-3f));
  p = multiply_add(p, r, all(4.1665795894e-2f));
  p = multiply_add(p, r, all(1.6666665459e-1f));
  p = multiply_add(p, r, all(5.0000001201e-1f));
  return times_power_of_two(multiply_add(p, r * r, r) + 1.0f, n);
}

}  // namespace kernels

// Sixteen floats at a time, in a form that g++ turns into whatever the processor has. A group of
// fewer channels than that is loaded and stored in part.
#pragma once

#include <cstdint>
#include <cstring>

#ifdef __AVX512F__
#include <immintrin.h>
#endif

#include "kernels/base/bfloat16.h"

namespace kernels {

constexpr int kLanes = 16;
using Lanes __attribute__((vector_size(kLanes * sizeof(float)))) = float;
using LaneBits __attribute__((vector_size(kLanes * sizeof(std::uint32_t)))) = std::uint32_t;
using ShortLanes __attribute__((vector_size(kLanes * sizeof(std::uint16_t)))) = std::uint16_t;

inline Lanes all_lanes(float value) { return value - Lanes{}; }

// The first `count` lanes, count in 1 .. kLanes; the others are 0.
inline Lanes load(const float* from, int count = kLanes) {
  Lanes lanes{};
  if (count == kLanes) {
    std::memcpy(&lanes, from, sizeof lanes);
    return lanes;
  }
#ifdef __AVX512F__
  return reinterpret_cast<Lanes>(
      _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), from));
#else
  for (int i = 0; i < count; ++i) lanes[i] = from[i];
  return lanes;
#endif
}

inline void store(float* to, Lanes lanes, int count = kLanes) {
  if (count == kLanes) {
    std::memcpy(to, &lanes, sizeof lanes);
    return;
  }
#ifdef __AVX512F__
  _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << count) - 1),
                        reinterpret_cast<__m512>(lanes));
#else
  for (int i = 0; i < count; ++i) to[i] = lanes[i];
#endif
}

inline Lanes load(const bfloat16* from, int count = kLanes) {
  ShortLanes narrow{};
  if (count == kLanes)
    std::memcpy(&narrow, from, sizeof narrow);
  else
    for (int i = 0; i < count; ++i) narrow[i] = from[i].bits;
  return reinterpret_cast<Lanes>(__builtin_convertvector(narrow, LaneBits) << 16);
}

// Rounds like bfloat16(float), except that a NaN may become another NaN.
inline void store(bfloat16* to, Lanes lanes, int count = kLanes) {
  const LaneBits wide = reinterpret_cast<LaneBits>(lanes);
  const LaneBits rounded = (wide + 0x7fffu + ((wide >> 16) & 1u)) >> 16;
  const LaneBits is_nan = reinterpret_cast<LaneBits>(lanes != lanes);
  const ShortLanes narrow =
      __builtin_convertvector((rounded & ~is_nan) | (is_nan & 0x7fc0u), ShortLanes);
  if (count == kLanes)
    std::memcpy(static_cast<void*>(to), &narrow, sizeof narrow);
  else
    for (int i = 0; i < count; ++i) to[i].bits = narrow[i];
}

// Bit i says whether a ReLU lets lane i pass: where it is above 0, or NaN, which must not be
// hidden.
inline std::uint32_t passing_bits(Lanes lanes) {
#ifdef __AVX512F__
  return _mm512_cmp_ps_mask(reinterpret_cast<__m512>(lanes), _mm512_setzero_ps(), _CMP_NLE_UQ);
#else
  std::uint32_t bits = 0;
  for (int i = 0; i < kLanes; ++i) bits |= static_cast<std::uint32_t>(!(lanes[i] <= 0)) << i;
  return bits;
#endif
}

// Lane i where bit i is set, else 0.
inline Lanes where(std::uint32_t bits, Lanes lanes) {
#ifdef __AVX512F__
  return reinterpret_cast<Lanes>(
      _mm512_maskz_mov_ps(static_cast<__mmask16>(bits), reinterpret_cast<__m512>(lanes)));
#else
  for (int i = 0; i < kLanes; ++i)
    if (!((bits >> i) & 1u)) lanes[i] = 0;
  return lanes;
#endif
}

}  // namespace kernels

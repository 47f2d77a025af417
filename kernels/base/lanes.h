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
using ShortPairs __attribute__((vector_size(2 * sizeof(ShortLanes)))) = std::uint16_t;

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
#ifdef __AVX512F__
  return reinterpret_cast<Lanes>(reinterpret_cast<LaneBits>(_mm512_maskz_cvtepu16_epi32(
                                     0xffff, reinterpret_cast<__m256i>(narrow)))
                                 << 16);
#else
  return reinterpret_cast<Lanes>(__builtin_convertvector(narrow, LaneBits) << 16);
#endif
}

// Rounds like bfloat16(float), except that a NaN may become another NaN, and that what is below the
// normal numbers may become 0.
inline ShortLanes narrowed(Lanes lanes) {
#ifdef __AVX512BF16__
  return reinterpret_cast<ShortLanes>(_mm512_cvtneps_pbh(reinterpret_cast<__m512>(lanes)));
#else
  const LaneBits wide = reinterpret_cast<LaneBits>(lanes);
  const LaneBits rounded = wide + 0x7fffu + ((wide >> 16) & 1u);
#ifdef __AVX512F__
  const __m512 floats = reinterpret_cast<__m512>(lanes);
  const LaneBits marked = reinterpret_cast<LaneBits>(_mm512_mask_mov_epi32(
      reinterpret_cast<__m512i>(rounded), _mm512_cmp_ps_mask(floats, floats, _CMP_UNORD_Q),
      _mm512_set1_epi32(0x7fc00000)));
#else
  const LaneBits is_nan = reinterpret_cast<LaneBits>(lanes != lanes);
  const LaneBits marked = (rounded & ~is_nan) | (is_nan & 0x7fc00000u);
#endif
  const auto halves = reinterpret_cast<ShortPairs>(marked);
  return __builtin_shufflevector(halves, halves, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27,
                                 29, 31);
#endif
}

inline void store(bfloat16* to, Lanes lanes, int count = kLanes) {
  const ShortLanes narrow = narrowed(lanes);
  if (count == kLanes)
    std::memcpy(static_cast<void*>(to), &narrow, sizeof narrow);
  else
    for (int i = 0; i < count; ++i) to[i].bits = narrow[i];
}

// Stores all lanes past the caches, where the processor can: nothing is read to make room for them,
// and nothing leaves the caches. For what is not read again soon. `to` is a multiple of kLanes
// elements from where can_stream(to); finish_streams() comes before another thread may read.
inline bool can_stream(const void* to) {
  return reinterpret_cast<std::uintptr_t>(to) % (kLanes * sizeof(float)) == 0;
}
inline void stream(float* to, Lanes lanes) {
#ifdef __AVX512F__
  _mm512_stream_ps(to, reinterpret_cast<__m512>(lanes));
#else
  store(to, lanes);
#endif
}
inline void stream(bfloat16* to, Lanes lanes) {
#ifdef __AVX512F__
  _mm256_stream_si256(reinterpret_cast<__m256i*>(to), reinterpret_cast<__m256i>(narrowed(lanes)));
#else
  store(to, lanes);
#endif
}
inline void finish_streams() {
#ifdef __AVX512F__
  _mm_sfence();
#endif
}

// Asks for what lies `bytes` after `from`, which may be past the end of an array.
inline void prefetch(const void* from, long bytes) {
  __builtin_prefetch(reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(from) +
                                                   static_cast<std::uintptr_t>(bytes)));
}

// a * b + c, rounded once where the processor can.
inline Lanes multiply_add(Lanes a, Lanes b, Lanes c) {
#if defined(__AVX512F__)
  return reinterpret_cast<Lanes>(_mm512_fmadd_ps(
      reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b), reinterpret_cast<__m512>(c)));
#elif defined(__FMA__)
  for (int i = 0; i < kLanes; ++i) c[i] = __builtin_fmaf(a[i], b[i], c[i]);
  return c;
#else
  return a * b + c;
#endif
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

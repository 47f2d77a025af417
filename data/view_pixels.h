// The arithmetic of views, pixel by pixel, for C++ and CUDA alike.
//
// CPU and GPU make identical bytes: everything here is integer arithmetic, or float + and x with
// contraction off (-ffp-contract=off, -fmad=false). No libm, whose last bits differ by machine.
// log, sin and cos are the polynomials of Moshier's Cephes, single precision.
#pragma once

#include <cstdint>

#include "kernels/base/philox.h"

#ifndef __CUDA_ARCH__
#include <bit>
#endif

namespace data {

HOST_DEVICE inline float float_of_bits(std::uint32_t bits) {
#ifdef __CUDA_ARCH__
  return __uint_as_float(bits);
#else
  return std::bit_cast<float>(bits);
#endif
}
HOST_DEVICE inline std::uint32_t bits_of_float(float value) {
#ifdef __CUDA_ARCH__
  return __float_as_uint(value);
#else
  return std::bit_cast<std::uint32_t>(value);
#endif
}

// ln x for normal x > 0, within 2e-7 relative or absolute, whichever is larger.
HOST_DEVICE inline float natural_log(float x) {
  // x = m 2^e with m in [sqrt 1/2, sqrt 2): subtracting the bits of sqrt 1/2 carries into e.
  constexpr std::uint32_t kRootHalf = 0x3f3504f3u;
  const std::uint32_t shifted = bits_of_float(x) - kRootHalf;
  const float e = static_cast<float>(static_cast<std::int32_t>(shifted) >> 23);
  const float f = float_of_bits((shifted & 0x007fffffu) + kRootHalf) - 1.0f;
  float p = 7.0376836292e-2f;
  p = p * f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  const float square = f * f;
  // ln 2 in two parts, the first of few bits so that e times it is exact.
  const float tail = p * f * square - 2.12194440e-4f * e - 0.5f * square;
  return f + tail + 0.693359375f * e;
}

// The square root of x >= 0 within 3e-7 relative: three Newton steps towards 1/sqrt x.
HOST_DEVICE inline float square_root(float x) {
  float y = float_of_bits(0x5f375a86u - (bits_of_float(x) >> 1));
  const float half = 0.5f * x;
  y = y * (1.5f - half * y * y);
  y = y * (1.5f - half * y * y);
  y = y * (1.5f - half * y * y);
  return x * y;
}

struct SinCos {
  float sin, cos;
};

// Of an angle given as a fraction of a turn, in units of 2^-32 turn; within 1.2e-7 absolute.
HOST_DEVICE inline SinCos sin_cos(std::uint32_t turn) {
  const std::uint32_t quadrant = (turn + 0x20000000u) >> 30;
  const float x =
      static_cast<float>(static_cast<std::int32_t>(turn - (quadrant << 30))) * 1.46291808e-9f;
  const float z = x * x;
  const float s = ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * x + x;
  const float c =
      ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z -
      0.5f * z + 1.0f;
  const bool swapped = quadrant & 1u;
  const std::uint32_t sin_sign = (quadrant & 2u) << 30, cos_sign = ((quadrant + 1u) & 2u) << 30;
  return {float_of_bits(bits_of_float(swapped ? c : s) ^ sin_sign),
          float_of_bits(bits_of_float(swapped ? s : c) ^ cos_sign)};
}

struct NormalPair {
  float first, second;
};

// Two independent standard normal numbers from 64 random bits: Box and Muller (1958).
HOST_DEVICE inline NormalPair normal_pair(std::uint32_t radius_bits, std::uint32_t angle_bits) {
  const float uniform = static_cast<float>((radius_bits >> 8) + 1u) * 0x1p-24f;  // in (0, 1]
  const float radius = square_root(-2.0f * natural_log(uniform));
  const SinCos direction = sin_cos(angle_bits);
  return {radius * direction.cos, radius * direction.sin};
}

// The random stream of one view of one image; views of an image never share numbers.
HOST_DEVICE inline std::uint32_t view_stream(int image, int view) {
  return static_cast<std::uint32_t>(image) * 8u + static_cast<std::uint32_t>(view);
}
// Evaluation uses this in place of an epoch, so that it shares no numbers with training.
inline constexpr std::uint32_t kEvaluationEpoch = 0xffffffffu;

// What the random numbers of one view of one image are drawn by.
struct NoiseStream {
  std::uint64_t seed;
  std::uint32_t epoch, stream;
};

// Words 4 block to 4 block + 3 of Random(seed, RandomUse::Corrupt, epoch, stream), without walking
// there: words 4 block and 4 block + 1 make the noise of values 4 block and 4 block + 1, and so on.
HOST_DEVICE inline kernels::PhiloxBlock noise_words(std::uint64_t seed, std::uint32_t epoch,
                                                    std::uint32_t stream, std::uint32_t block) {
  return kernels::philox(
      {{block, static_cast<std::uint32_t>(kernels::RandomUse::Corrupt), epoch, stream}},
      static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32));
}

// Rounded to nearest and clipped to 0..255.
HOST_DEVICE inline std::uint8_t clipped_byte(float value) {
  const float shifted = value + 0.5f;
  const float low = shifted < 0.0f ? 0.0f : shifted;
  return static_cast<std::uint8_t>(static_cast<int>(low > 255.0f ? 255.0f : low));
}

// The released code's noise: truncated towards zero, then added modulo 256.
HOST_DEVICE inline std::uint8_t wrapped_byte(std::uint8_t pixel, float noise) {
  return static_cast<std::uint8_t>(pixel + static_cast<int>(noise));
}

inline constexpr float kMostBlurSigma = 16;
inline constexpr int kMostBlurRadius = static_cast<int>(4 * kMostBlurSigma);

struct BlurWeights {
  int radius;
  std::uint32_t at[kMostBlurRadius + 1];  // by distance; at[0] + 2 (at[1] + ... ) = 2^15
};

// From the sums of bytes times weights along a row: values times 2^8, which fill 16 bits.
HOST_DEVICE inline std::uint16_t blurred_along_row(std::uint32_t sum) {
  return static_cast<std::uint16_t>((sum + (1u << 6)) >> 7);
}
// From the sums of those times weights along a column: bytes.
HOST_DEVICE inline std::uint8_t blurred_along_column(std::uint32_t sum) {
  return static_cast<std::uint8_t>((sum + (1u << 22)) >> 23);
}

// Grey value of a pixel: ITU-R 601 weights in 16 bits, as Pillow.
HOST_DEVICE inline std::uint8_t luma(std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
  return static_cast<std::uint8_t>((red * 19595u + green * 38470u + blue * 7471u + 0x8000u) >> 16);
}

// What brightness (from = 0), contrast (from = the image's mean luma) and saturation (from = the
// pixel's luma) do: move away from `from` (factor > 1) or towards it, clip, truncate; as Pillow.
HOST_DEVICE inline std::uint8_t blend(std::uint8_t from, std::uint8_t pixel, float factor) {
  const float start = static_cast<float>(from);
  const float value = start + factor * (static_cast<float>(pixel) - start);
  const float low = value < 0.0f ? 0.0f : value;
  return static_cast<std::uint8_t>(static_cast<int>(low > 255.0f ? 255.0f : low));
}

// The image's mean luma from its sum, rounded half up.
HOST_DEVICE inline std::uint8_t mean_luma(std::uint64_t sum, std::uint32_t pixels) {
  return static_cast<std::uint8_t>((2 * sum + pixels) / (2 * std::uint64_t{pixels}));
}

enum class JitterStep { Brightness, Contrast, Saturation };

struct Jitter {
  float factors[3];     // by JitterStep
  JitterStep order[3];  // applied first to last
};

// Factors uniform in [max(0, 1 - strength), 1 + strength), each order equally likely.
HOST_DEVICE inline Jitter draw_jitter(kernels::Random& random, float strength) {
  Jitter jitter;
  const float low = strength > 1.0f ? 0.0f : 1.0f - strength;
  for (float& factor : jitter.factors) factor = random.uniform(low, 1.0f + strength);
  const std::uint32_t order = random.below(6), first = order % 3;
  const std::uint32_t second = (first + 1 + order / 3) % 3;
  jitter.order[0] = static_cast<JitterStep>(first);
  jitter.order[1] = static_cast<JitterStep>(second);
  jitter.order[2] = static_cast<JitterStep>(3 - first - second);
  return jitter;
}

// Of an image: source_of() counts in 2^-17 pixels in 32 bits.
inline constexpr int kMostSide = 8192;

// Where each pixel of a view comes from. Rotation is about the image's centre, to the nearest
// pixel, counterclockwise; cos and sin in units of 2^-16.
struct Placement {
  int offset_y = 0, offset_x = 0;  // of the crop in the unpadded image, in [-padding, padding]
  bool flip = false;
  std::int32_t cos = 65536, sin = 0;
};

HOST_DEVICE inline void rotate(Placement& placement, float degrees) {
  const std::int64_t turn = static_cast<std::int64_t>(degrees * (4294967296.0f / 360.0f));
  const SinCos direction = sin_cos(static_cast<std::uint32_t>(turn));
  // Adding 1.5 2^23 rounds a float to an integer, ties to even, the same everywhere.
  placement.cos = static_cast<std::int32_t>((direction.cos * 65536.0f + 12582912.0f) - 12582912.0f);
  placement.sin = static_cast<std::int32_t>((direction.sin * 65536.0f + 12582912.0f) - 12582912.0f);
}

HOST_DEVICE inline void draw_crop_and_flip(kernels::Random& random, int padding,
                                           Placement& placement) {
  const auto choices = static_cast<std::uint32_t>(2 * padding + 1);
  placement.offset_y = static_cast<int>(random.below(choices)) - padding;
  placement.offset_x = static_cast<int>(random.below(choices)) - padding;
  placement.flip = random.bits() >> 31;
}

struct Source {
  int y, x;
  bool inside;  // false: black
};

// The source of view pixel (y, x): undo the flip, then the rotation, then the crop.
HOST_DEVICE inline Source source_of(const Placement& placement, int height, int width, int y,
                                    int x) {
  // Twice the pixel centre's distance from the image's centre is a whole number.
  const int from_left = placement.flip ? width - 1 - x : x;
  const int u = 2 * from_left + 1 - width, v = 2 * y + 1 - height;
  const int turned_x = (placement.cos * u - placement.sin * v + width * 65536) >> 17;
  const int turned_y = (placement.sin * u + placement.cos * v + height * 65536) >> 17;
  const int source_x = turned_x + placement.offset_x, source_y = turned_y + placement.offset_y;
  const bool inside = turned_x >= 0 && turned_x < width && turned_y >= 0 && turned_y < height &&
                      source_x >= 0 && source_x < width && source_y >= 0 && source_y < height;
  return {source_y, source_x, inside};
}

// (pixel / 255 - mean) / std = pixel * scale + shift, by channel. Scale and shift come from the
// CPU.
struct NormalizationFactors {
  float scale[3], shift[3];
};

HOST_DEVICE inline float normalized(std::uint8_t pixel, float scale, float shift) {
  return static_cast<float>(pixel) * scale + shift;
}

}  // namespace data

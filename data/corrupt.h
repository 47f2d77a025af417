// The corruptions of training views, on one image of bytes: [height, width, 3] to the same.
//
// `in` and `out` are different memory. No allocation after the first call of a thread for a size.
#pragma once

#include <cstdint>

#include "data/view_pixels.h"

namespace data {

struct ImageSize {
  int height, width;

  long pixels() const { return long{height} * width; }
  long values() const { return pixels() * 3; }
};

// Of a Gaussian of sigma pixels, in (0, kMostBlurSigma].
BlurWeights blur_weights(float sigma);

// Gaussian with weights exp(-d^2 / (2 sigma^2)) up to distance 4 sigma, in units of 2^-15, first
// along rows, then along columns; beyond the border the border's pixel goes on. sigma in pixels,
// in (0, kMostBlurSigma].
void gaussian_blur(const std::uint8_t* in, ImageSize size, float sigma, std::uint8_t* out);

// Adds independent normal numbers of deviation sigma (on values 0..255) to each value, then rounds
// and clips; `wrap`: truncates the number and wraps around, as the released code.
void gaussian_noise(const std::uint8_t* in, ImageSize size, float sigma, bool wrap,
                    NoiseStream random, std::uint8_t* out);

// Brightness, contrast and saturation, each rounded to bytes before the next.
void color_jitter(const std::uint8_t* in, ImageSize size, const Jitter& jitter, std::uint8_t* out);

// Crop, rotation and flip: out(y, x) = in at source_of(placement, y, x), or black.
void place(const std::uint8_t* in, ImageSize size, const Placement& placement, std::uint8_t* out);

}  // namespace data

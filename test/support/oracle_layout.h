// Layouts index by index, by the formulas of kernels/layout/layout.h. Nothing is rounded but in
// conversions, so that kernels give the same bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "kernels/layout/layout.h"
#include "test/support/random_array.h"

namespace test {

// filters, channels, padded channels, taps
inline const kernels::WeightLayoutSizes kWeightLayouts[] = {
    {1, 1, 1, 1},   {3, 3, 4, 9},     {5, 3, 8, 9},    {2, 7, 7, 25},
    {2, 16, 16, 9}, {3, 33, 40, 1},   {2, 2, 4, 49},   {1, 130, 136, 9},
    {3, 5, 22, 3},  {1, 64, 64, 121}, {2, 600, 600, 9}};

// pixels, channels, padded channels
inline const kernels::PixelLayoutSizes kPixelLayouts[] = {
    {1, 1, 1}, {1, 3, 4}, {777, 3, 4}, {514, 3, 8}, {33, 5, 6}, {7, 300, 304}, {3, 1000, 1024}};

// Where in x the element of y is that has this index, or -1 in the padding.
inline long index_of_x(const kernels::WeightLayoutSizes& s, long y) {
  const long c = y % s.padded_channels, t = y / s.padded_channels % s.taps;
  const long o = y / s.padded_channels / s.taps;
  return c < s.channels ? (o * s.channels + c) * s.taps + t : -1;
}
inline long index_of_x(const kernels::PixelLayoutSizes& s, long y) {
  const long c = y % s.padded_channels;
  return c < s.channels ? y / s.padded_channels * s.channels + c : -1;
}

inline long x_size(const kernels::WeightLayoutSizes& s) {
  return long{s.filters} * s.channels * s.taps;
}
inline long y_size(const kernels::WeightLayoutSizes& s) {
  return long{s.filters} * s.padded_channels * s.taps;
}
inline long x_size(const kernels::PixelLayoutSizes& s) { return s.pixels * s.channels; }
inline long y_size(const kernels::PixelLayoutSizes& s) { return s.pixels * s.padded_channels; }

// Random, but for what no kernel should read: the padding.
template <class Y, class Sizes>
std::vector<Y> padded_array(const Sizes& s, std::uint32_t stream) {
  auto y = random_array<Y>(y_size(s), stream);
  for (std::size_t i = 0; i < y.size(); ++i)
    if (index_of_x(s, static_cast<long>(i)) < 0) y[i] = Y(std::numeric_limits<float>::quiet_NaN());
  return y;
}

template <class Y, class Sizes, class X>
std::vector<Y> oracle_to(const Sizes& s, const std::vector<X>& x) {
  std::vector<Y> y(static_cast<std::size_t>(y_size(s)), Y(0.0f));
  for (std::size_t i = 0; i < y.size(); ++i)
    if (const long at = index_of_x(s, static_cast<long>(i)); at >= 0)
      y[i] = Y(static_cast<float>(x[static_cast<std::size_t>(at)]));
  return y;
}

// `start` is what x holds before.
template <class Sizes, class X, class Y>
std::vector<X> oracle_from(const Sizes& s, const std::vector<Y>& y, std::vector<X> start,
                           kernels::GradientMode mode) {
  for (std::size_t i = 0; i < y.size(); ++i)
    if (const long at = index_of_x(s, static_cast<long>(i)); at >= 0) {
      X& x = start[static_cast<std::size_t>(at)];
      const float before = mode == kernels::GradientMode::Accumulate ? static_cast<float>(x) : 0.0f;
      x = X(before + static_cast<float>(y[i]));
    }
  return start;
}

}  // namespace test

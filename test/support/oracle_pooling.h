// Pooling in double, window by window, and the sizes that its tests go through.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "kernels/pooling/global_average.h"
#include "kernels/pooling/window.h"

namespace test {

inline long x_size(const kernels::PoolingSizes& s) {
  return long{s.images} * s.height * s.width * s.channels;
}
inline long y_size(const kernels::PoolingSizes& s) {
  return long{s.images} * s.out_height() * s.out_width() * s.channels;
}

// Calls f(output, input, k) for every pixel k = u * kernel + v of every window that is within the
// image, in reading order, where output and input are indices of y and x.
template <class F>
void for_each_pair(const kernels::PoolingSizes& s, const F& f) {
  size_t output = 0;
  for (int n = 0; n < s.images; ++n) {
    for (int i = 0; i < s.out_height(); ++i) {
      for (int j = 0; j < s.out_width(); ++j) {
        for (int c = 0; c < s.channels; ++c, ++output) {
          for (int k = 0; k < s.kernel * s.kernel; ++k) {
            const int h = i * s.stride - s.padding + k / s.kernel;
            const int w = j * s.stride - s.padding + k % s.kernel;
            if (h < 0 || h >= s.height || w < 0 || w >= s.width) continue;
            const long input = ((long{n} * s.height + h) * s.width + w) * s.channels + c;
            f(output, static_cast<size_t>(input), k);
          }
        }
      }
    }
  }
}

struct MaxOracle {
  std::vector<double> y;
  std::vector<std::uint8_t> argmax;
  std::vector<size_t> winner;  // index of x, for every y
};

inline MaxOracle max_oracle(const kernels::PoolingSizes& s, const std::vector<double>& x) {
  const auto size = static_cast<size_t>(y_size(s));
  MaxOracle result{std::vector<double>(size, -std::numeric_limits<double>::infinity()),
                   std::vector<std::uint8_t>(size), std::vector<size_t>(size)};
  for_each_pair(s, [&](size_t output, size_t input, int k) {
    if (x[input] > result.y[output]) {
      result.y[output] = x[input];
      result.argmax[output] = static_cast<std::uint8_t>(k);
      result.winner[output] = input;
    }
  });
  return result;
}

inline std::vector<double> average_oracle(const kernels::PoolingSizes& s,
                                          const std::vector<double>& x) {
  std::vector<double> y(static_cast<size_t>(y_size(s)));
  for_each_pair(
      s, [&](size_t output, size_t input, int) { y[output] += x[input] / (s.kernel * s.kernel); });
  return y;
}

inline std::vector<double> max_gradient(const MaxOracle& forward, const std::vector<double>& d_y,
                                        size_t x_size) {
  std::vector<double> d_x(x_size);
  for (size_t i = 0; i < d_y.size(); ++i) d_x[forward.winner[i]] += d_y[i];
  return d_x;
}

inline std::vector<double> average_gradient(const kernels::PoolingSizes& s,
                                            const std::vector<double>& d_y) {
  std::vector<double> d_x(static_cast<size_t>(x_size(s)));
  for_each_pair(s, [&](size_t output, size_t input, int) {
    d_x[input] += d_y[output] / static_cast<double>(s.kernel * s.kernel);
  });
  return d_x;
}

// y and d_x.
inline std::pair<std::vector<double>, std::vector<double>> global_average_oracle(
    const kernels::GlobalAverageSizes& s, const std::vector<double>& x,
    const std::vector<double>& d_y) {
  std::vector<double> y(d_y.size()), d_x(x.size());
  const auto channels = static_cast<size_t>(s.channels);
  const auto pixels = static_cast<size_t>(s.height * s.width);
  for (size_t i = 0; i < x.size(); ++i) {
    const size_t feature = i / (pixels * channels) * channels + i % channels;
    y[feature] += x[i] / static_cast<double>(pixels);
    d_x[i] = d_y[feature] / static_cast<double>(pixels);
  }
  return {y, d_x};
}

// images, height, width, channels; kernel, stride, padding
inline const kernels::PoolingSizes kPoolingSizes[] = {
    {1, 1, 1, 1, 1, 1, 0},   {1, 5, 7, 3, 2, 2, 0},     {2, 5, 4, 17, 3, 2, 1},
    {3, 6, 6, 5, 3, 1, 1},   {1, 9, 8, 70, 3, 3, 0},    {2, 7, 7, 1, 5, 2, 2},
    {1, 8, 9, 2, 2, 3, 1},   {5, 13, 11, 130, 3, 2, 1}, {1, 33, 31, 64, 2, 2, 0},
    {1, 15, 15, 3, 15, 1, 7}};

}  // namespace test

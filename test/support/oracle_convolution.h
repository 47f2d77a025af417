// Convolution and its gradients in double, by the loops of its definition.
#pragma once

#include <cstddef>
#include <vector>

#include "kernels/convolution/convolution.h"

namespace test {

// Calls f(x, weight, y) with the indices of every product x * weight that is a term of y.
template <class F>
void for_each_product(const kernels::ConvolutionSizes& s, const F& f) {
  const int in = s.in_channels / s.groups, out = s.out_channels / s.groups;
  std::size_t y = 0;
  for (int n = 0; n < s.images; ++n)
    for (int row = 0; row < s.out_height(); ++row)
      for (int column = 0; column < s.out_width(); ++column)
        for (int o = 0; o < s.out_channels; ++o, ++y)
          for (int a = 0; a < s.kernel_height; ++a)
            for (int b = 0; b < s.kernel_width; ++b) {
              const int h = row * s.stride - s.padding + a, w = column * s.stride - s.padding + b;
              if (h < 0 || h >= s.height || w < 0 || w >= s.width) continue;
              const long pixel = (long{n} * s.height + h) * s.width + w;
              const long x = pixel * s.in_channels + o / out * in;
              const long tap = long{s.kernel_height} * s.kernel_width;
              const long weight = o * in * tap + a * s.kernel_width + b;
              for (int i = 0; i < in; ++i)
                f(static_cast<std::size_t>(x + i), static_cast<std::size_t>(weight + i * tap), y);
            }
}

struct ConvolutionResults {
  std::vector<double> y, d_x, d_weight, d_bias;
};

// bias: empty for none.
inline ConvolutionResults convolution_oracle(const kernels::ConvolutionSizes& s,
                                             const std::vector<double>& x,
                                             const std::vector<double>& weight,
                                             const std::vector<double>& bias,
                                             const std::vector<double>& d_y) {
  ConvolutionResults to{std::vector<double>(d_y.size()), std::vector<double>(x.size()),
                        std::vector<double>(weight.size()), std::vector<double>(bias.size())};
  for (std::size_t i = 0; !bias.empty() && i < d_y.size(); ++i) {
    to.y[i] = bias[i % bias.size()];
    to.d_bias[i % bias.size()] += d_y[i];
  }
  for_each_product(s, [&](std::size_t i, std::size_t k, std::size_t o) {
    to.y[o] += x[i] * weight[k];
    to.d_x[i] += d_y[o] * weight[k];
    to.d_weight[k] += d_y[o] * x[i];
  });
  return to;
}

}  // namespace test

// What tests of convolutions share.
#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "kernels/base/check.h"
#include "kernels/convolution/convolution.h"
#include "kernels/onednn/primitive.h"
#include "test/support/compare.h"

namespace test {

inline long x_size(const kernels::ConvolutionSizes& s) {
  return long{s.images} * s.height * s.width * s.in_channels;
}
inline long y_size(const kernels::ConvolutionSizes& s) {
  return long{s.images} * s.out_height() * s.out_width() * s.out_channels;
}

template <class T>
inline constexpr kernels::Type kType =
    std::is_same_v<T, kernels::bfloat16> ? kernels::Type::BFloat16 : kernels::Type::Float;

// What the kernel computes with: it rounds the weights where the processor convolves bfloat16.
template <class T>
std::vector<double> used_weights(const std::vector<float>& weight, const std::string& algorithm) {
  if (std::is_same_v<T, float> || !kernels::onednn::has_bfloat16() || algorithm == "winograd")
    return widened(weight);
  return widened(std::vector<kernels::bfloat16>(weight.begin(), weight.end()));
}

inline std::string text_of(const kernels::ConvolutionSizes& s) {
  return kernels::text(s.images, "x", s.height, "x", s.width, "x", s.in_channels, " -> ",
                       s.out_channels, ", kernel ", s.kernel_height, "x", s.kernel_width,
                       ", stride ", s.stride, ", padding ", s.padding, ", groups ", s.groups);
}

}  // namespace test

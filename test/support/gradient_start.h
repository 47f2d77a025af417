// What a gradient array holds before a backward kernel writes it: something to be added to, or NaN,
// which shows in the result of a kernel that reads what it should overwrite.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

#include "kernels/base/gradient_mode.h"
#include "test/support/random_array.h"

namespace test {

template <class T>
std::vector<T> gradient_start(long size, kernels::GradientMode mode, std::uint32_t stream = 99) {
  if (mode == kernels::GradientMode::Accumulate) return random_array<T>(size, stream);
  return std::vector<T>(static_cast<size_t>(size), T(std::numeric_limits<float>::quiet_NaN()));
}

// What it should hold afterwards.
template <class T>
std::vector<double> after(const std::vector<T>& start, kernels::GradientMode mode,
                          std::vector<double> gradient) {
  if (mode == kernels::GradientMode::Accumulate) {
    for (size_t i = 0; i < gradient.size(); ++i) gradient[i] += static_cast<float>(start[i]);
  }
  return gradient;
}

}  // namespace test

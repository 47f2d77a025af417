// How far results are from what an oracle, computing in double, expects.
#pragma once

#include <cstddef>
#include <type_traits>
#include <vector>

#include "kernels/base/bfloat16.h"

namespace test {

// |got - expected| / |expected|, as Euclidean norms (of got alone where expected is all 0); NaN, so
// that every comparison fails, where either holds a NaN, and infinity where sizes differ.
double normalised_error(const std::vector<double>& got, const std::vector<double>& expected);

template <class T>
std::vector<double> widened(const std::vector<T>& array) {
  std::vector<double> result;
  result.reserve(array.size());
  for (const T& element : array) {
    if constexpr (std::is_same_v<T, kernels::bfloat16>) {
      result.push_back(static_cast<float>(element));
    } else {
      result.push_back(static_cast<double>(element));
    }
  }
  return result;
}

template <class Got, class Expected>
double normalised_error(const std::vector<Got>& got, const std::vector<Expected>& expected) {
  return normalised_error(widened(got), widened(expected));
}

// What a result computed in float and stored as T may be off by.
template <class T>
inline constexpr double kTolerance = std::is_same_v<T, kernels::bfloat16> ? 4e-3 : 1e-6;

// d(loss)/d(x), by central differences of a loss that is computed in double.
template <class Loss>
std::vector<double> numeric_gradient(const Loss& loss, std::vector<double> x) {
  constexpr double kStep = 1e-5;
  std::vector<double> gradient;
  gradient.reserve(x.size());
  for (double& element : x) {
    const double middle = element;
    element = middle + kStep;
    const double above = loss(x);
    element = middle - kStep;
    const double below = loss(x);
    element = middle;
    gradient.push_back((above - below) / (2 * kStep));
  }
  return gradient;
}

}  // namespace test

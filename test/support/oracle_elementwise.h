// Element by element, in double.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

namespace test {

// f(a[i], b[i]) for every i.
template <class T, class F>
std::vector<double> combined(const std::vector<T>& a, const std::vector<T>& b, const F& f) {
  std::vector<double> result;
  for (size_t i = 0; i < a.size(); ++i) {
    result.push_back(f(static_cast<float>(a[i]), static_cast<float>(b[i])));
  }
  return result;
}

inline double oracle_sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace test

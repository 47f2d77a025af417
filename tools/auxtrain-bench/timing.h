// Times of something repeated: the median, and how far the middle half spreads.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

namespace tools {

struct Timing {
  double seconds = 0;  // median
  double noise = 0;    // interquartile range over median
};

inline Timing timing_of(std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  const auto at = [&](double share) {
    return seconds[static_cast<size_t>(
        std::lround(share * static_cast<double>(seconds.size() - 1)))];
  };
  return {at(.5), (at(.75) - at(.25)) / at(.5)};
}

class Stopwatch {
 public:
  explicit Stopwatch(int expected) { seconds_.reserve(static_cast<size_t>(expected)); }
  template <class F>
  void time(F f) {
    const auto start = std::chrono::steady_clock::now();
    f();
    seconds_.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  double last() const { return seconds_.back(); }
  Timing timing() const { return timing_of(seconds_); }

 private:
  std::vector<double> seconds_;
};

}  // namespace tools

// e^x, sin and cos from + and x alone, so that they are the same on every machine; a library's last
// bits differ. Taylor's series, within a few units of the last place where |x| is small.
#pragma once

#include <cmath>

namespace data::corruptions {

inline constexpr double kPi = 3.14159265358979323846;

// x within +-700. Nearly always the double nearest to e^x.
inline double exponential(double x) {
  // x = n log 2 + r, |r| <= log(2) / 2; log 2 in two parts, the first of few bits. What rounding
  // takes from r and from 1 + r is added to the small terms.
  const double n = std::nearbyint(x * 1.44269504088896340736);
  const double most = x - n * 0.693145751953125, rest = -n * 1.42860682030941723212e-6;
  const double r = most + rest, lost_of_r = (most - r) + rest;
  double series = 0;  // (e^r - 1 - r) / r^2
  for (int k = 18; k >= 2; --k) series = (1 + r * series) / k;
  const double start = 1 + r, lost = (1 - start) + r;
  return std::ldexp(start + (lost + (lost_of_r + r * (r * series))), static_cast<int>(n));
}

struct Direction {
  double sin, cos;
};

// Of an angle within +-180 degrees.
inline Direction direction(double degrees) {
  const double x = kPi * degrees / 180, square = x * x;
  double sin = 1, cos = 1;
  for (int k = 30; k >= 2; k -= 2) {
    sin = 1 - square / (k * (k + 1)) * sin;
    cos = 1 - square / (k * (k - 1)) * cos;
  }
  return {x * sin, cos};
}

}  // namespace data::corruptions

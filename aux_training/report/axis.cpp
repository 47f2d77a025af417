#include "aux_training/report/axis.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace aux_training {
namespace {

constexpr double kDecades = 1e5;
constexpr double kSlack = 1e-9;  // of a step: what rounding takes from a tick at the end

double nice_step(double span, int count, bool whole) {
  const double rough = span / std::max(count, 1);
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  const double digit = rough / power;
  const double step = power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
  return whole ? std::max(step, 1.0) : step;
}

}  // namespace

std::vector<double> nice_ticks(double low, double high, int count, bool whole) {
  if (!(high > low)) return {low};
  const double step = nice_step(high - low, count, whole);
  std::vector<double> ticks;
  const double last = std::floor(high / step + kSlack);
  for (double i = std::ceil(low / step - kSlack); i <= last; ++i) ticks.push_back(i * step);
  return ticks;
}

std::vector<double> logarithmic_ticks(double low, double high) {
  std::vector<double> ticks;
  const bool many = high / low > 1e3;
  for (double exponent = std::floor(std::log10(low)); exponent <= std::log10(high); ++exponent) {
    for (double digit : {1.0, 2.0, 5.0}) {
      // 5e-2 is closer to 0.05 than 5 * pow(10, -2) is.
      const double tick =
          exponent < 0 ? digit / std::pow(10.0, -exponent) : digit * std::pow(10.0, exponent);
      const bool inside = tick >= low * (1 - kSlack) && tick <= high * (1 + kSlack);
      if (inside && (digit == 1 || !many)) ticks.push_back(tick);
    }
  }
  return ticks;
}

std::string tick_label(double value, bool percent) {
  char out[32];
  const double rounded = std::abs(value) < 1e-12 ? 0 : value;
  std::snprintf(out, sizeof out, percent ? "%.4g%%" : "%.4g", percent ? rounded * 100 : rounded);
  return out;
}

double Axis::position(double value) const {
  if (logarithmic) return std::log(value / low) / std::log(high / low);
  return (value - low) / (high - low);
}

Axis whole_axis(const std::vector<double>& values) {
  Axis axis;
  if (!values.empty()) {
    axis.low = *std::min_element(values.begin(), values.end());
    axis.high = *std::max_element(values.begin(), values.end());
  }
  if (axis.low == axis.high) axis.low -= 0.5, axis.high += 0.5;
  axis.ticks = nice_ticks(axis.low, axis.high, 8, true);
  return axis;
}

Axis value_axis(const std::vector<double>& values, bool logarithmic) {
  Axis axis;
  axis.logarithmic = logarithmic;
  std::vector<double> kept;
  std::copy_if(values.begin(), values.end(), std::back_inserter(kept),
               [&](double value) { return !logarithmic || value > 0; });
  if (kept.empty()) kept = {logarithmic ? 0.1 : 0.0, 1.0};
  const double least = *std::min_element(kept.begin(), kept.end());
  const double most = *std::max_element(kept.begin(), kept.end());
  if (logarithmic) {
    axis.high = most * 1.2;
    axis.low = std::max(least / 1.2, most / kDecades);
    axis.ticks = logarithmic_ticks(axis.low, axis.high);
    return axis;
  }
  // Values that only rounding tells apart are one.
  const double size = std::max(std::abs(most), 1e-3);
  const double span = most - least > kSlack * size ? most - least : size * 0.2;
  const double step = nice_step(span, 5, false);
  axis.low = std::floor(least / step + kSlack) * step;
  axis.high = std::ceil(most / step - kSlack) * step;
  if (axis.low == axis.high) axis.low -= step, axis.high += step;
  axis.ticks =
      nice_ticks(axis.low, axis.high, static_cast<int>(std::lround((axis.high - axis.low) / step)));
  return axis;
}

}  // namespace aux_training

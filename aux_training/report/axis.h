// The scale of one axis of a chart.
#pragma once

#include <string>
#include <vector>

namespace aux_training {

// Round numbers: the multiples of 1, 2 or 5 times a power of ten, about `count` of them, that lie
// in [low, high]. `whole` leaves no fractions.
std::vector<double> nice_ticks(double low, double high, int count, bool whole = false);

// 1, 2 and 5 times the powers of ten in [low, high], or just the powers where there are many.
std::vector<double> logarithmic_ticks(double low, double high);

// "0.05", "20", "1e-05"; with percent "5%".
std::string tick_label(double value, bool percent = false);

struct Axis {
  double low = 0, high = 1;
  bool logarithmic = false;
  std::vector<double> ticks;

  // 0 at low, 1 at high.
  double position(double value) const;
};

// Axes that fit finite values; those of no values span [0, 1]. A logarithmic axis covers at most
// five decades below the largest value.
Axis whole_axis(const std::vector<double>& values);  // ends at the first and the last value
Axis value_axis(const std::vector<double>& values, bool logarithmic);  // ends at round numbers

}  // namespace aux_training

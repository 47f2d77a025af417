// Softmax in double, as in a textbook but for the shift that keeps it from overflowing.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

namespace test {

inline std::vector<double> log_softmax(std::vector<double> logits, double temperature = 1) {
  const double max = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (double& logit : logits) {
    logit = (logit - max) / temperature;
    sum += std::exp(logit);
  }
  for (double& logit : logits) logit -= std::log(sum);
  return logits;
}

// KL(softmax(p / T) || softmax(q / T)) of logits p and q.
inline double divergence(const std::vector<double>& p, const std::vector<double>& q,
                         double temperature) {
  const auto log_p = log_softmax(p, temperature), log_q = log_softmax(q, temperature);
  double sum = 0;
  for (size_t c = 0; c < p.size(); ++c) sum += std::exp(log_p[c]) * (log_p[c] - log_q[c]);
  return sum;
}

// Row `row` of an array of rows of `classes` numbers.
inline std::vector<double> row_of(const std::vector<double>& rows, size_t row, size_t classes) {
  const auto begin = rows.begin() + static_cast<long>(row * classes);
  return {begin, begin + static_cast<long>(classes)};
}

}  // namespace test

// Selective batch normalisation in double, by the formulas of kernels/batch_norm/batch_norm.h.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "kernels/batch_norm/batch_norm.h"

namespace test {

using Doubles = std::vector<double>;

struct BatchNormStatistics {
  Doubles mean, variance;  // [views, channels]; the variance divided by rows
};

inline BatchNormStatistics batch_norm_statistics(const kernels::BatchNormSizes& s,
                                                 const Doubles& x) {
  const auto views = static_cast<std::size_t>(s.views), rows = static_cast<std::size_t>(s.rows);
  const auto channels = static_cast<std::size_t>(s.channels);
  BatchNormStatistics to{Doubles(views * channels), Doubles(views * channels)};
  const auto per_row = [&](Doubles& sum, const auto& term) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t at = i / (rows * channels) * channels + i % channels;
      sum[at] += term(i, at) / static_cast<double>(rows);
    }
  };
  per_row(to.mean, [&](std::size_t i, std::size_t) { return x[i]; });
  per_row(to.variance, [&](std::size_t i, std::size_t at) {
    return (x[i] - to.mean[at]) * (x[i] - to.mean[at]);
  });
  return to;
}

struct BatchNormOracle {
  BatchNormOracle(const kernels::BatchNormSizes& sizes, Doubles x_given, Doubles gamma_given,
                  double epsilon_given)
      : s(sizes),
        x(std::move(x_given)),
        gamma(std::move(gamma_given)),
        epsilon(epsilon_given),
        statistics(batch_norm_statistics(s, x)) {}

  // Where element i of x finds its channel, and its statistics.
  std::size_t channel(std::size_t i) const { return i % gamma.size(); }
  std::size_t place(std::size_t i) const {
    return i / (static_cast<std::size_t>(s.rows) * gamma.size()) * gamma.size() + channel(i);
  }
  double inv_std(std::size_t at) const { return 1 / std::sqrt(statistics.variance[at] + epsilon); }
  double x_hat(std::size_t i) const {
    return (x[i] - statistics.mean[place(i)]) * inv_std(place(i));
  }

  // gamma * x_hat + beta + residual, before the ReLU; residual: empty for none.
  Doubles sum(const Doubles& beta, const Doubles& residual) const {
    Doubles to(x.size());
    for (std::size_t i = 0; i < x.size(); ++i)
      to[i] =
          gamma[channel(i)] * x_hat(i) + beta[channel(i)] + (residual.empty() ? 0 : residual[i]);
    return to;
  }

  struct Gradients {
    Doubles d_x, d_gamma, d_beta;
    // What rounding is relative to, where terms cancel: the first of the three that make d_x, and
    // the magnitudes of those that make d_gamma.
    Doubles direct, d_gamma_terms;
  };
  // g: the gradient that the ReLU let pass, which is also d_residual.
  Gradients gradients(const Doubles& g) const {
    Gradients to{Doubles(x.size()), Doubles(gamma.size()), Doubles(gamma.size()), Doubles(x.size()),
                 Doubles(gamma.size())};
    Doubles mean_g(statistics.mean.size()), mean_projected(statistics.mean.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      to.d_beta[channel(i)] += g[i];
      to.d_gamma[channel(i)] += g[i] * x_hat(i);
      to.d_gamma_terms[channel(i)] += std::abs(g[i] * x_hat(i));
      mean_g[place(i)] += g[i] / s.rows;
      mean_projected[place(i)] += g[i] * x_hat(i) / s.rows;
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t at = place(i);
      const double scale = gamma[channel(i)] * inv_std(at);
      to.direct[i] = scale * g[i];
      to.d_x[i] = scale * (g[i] - mean_g[at] - x_hat(i) * mean_projected[at]);
    }
    return to;
  }

  kernels::BatchNormSizes s;
  Doubles x, gamma;
  double epsilon;
  BatchNormStatistics statistics;
};

}  // namespace test

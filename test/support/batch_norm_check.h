// Results of batch norm against its formulas in double.
#pragma once

#include <algorithm>

#include "test/support/batch_norm_run.h"
#include "test/support/compare.h"
#include "test/support/oracle_batch_norm.h"

namespace test {

// Of sums in float of up to 8192 terms.
inline constexpr double kSumTolerance = 2e-6;

template <class T>
BatchNormOracle oracle_of(const BatchNormInputs<T>& in) {
  return {in.s, widened(in.x), widened(in.gamma), static_cast<double>(kEpsilon)};
}

// |got - expected| / |yardstick|: rounding is relative to the terms of a sum, which may cancel.
template <class T>
double error_against(const Doubles& yardstick, const std::vector<T>& got, Doubles expected) {
  for (std::size_t i = 0; i < got.size(); ++i)
    expected[i] += yardstick[i] - static_cast<double>(static_cast<float>(got[i]));
  return normalised_error(expected, yardstick);
}

template <class T>
void check_forward(const BatchNormInputs<T>& in, Fused fused, const BatchNormResults<T>& got) {
  const BatchNormOracle oracle = oracle_of(in);
  const auto& [mean, variance] = oracle.statistics;
  Doubles inv_std;
  for (std::size_t at = 0; at < mean.size(); ++at) inv_std.push_back(oracle.inv_std(at));
  REQUIRE(normalised_error(widened(got.mean), mean) < 1e-6);
  REQUIRE(normalised_error(widened(got.inv_std), inv_std) < kSumTolerance);

  // Running statistics follow view 0, whose statistics are the first ones.
  const double momentum = static_cast<double>(kMomentum), rows = in.s.rows;
  const double unbiased = rows > 1 ? rows / (rows - 1) : 1;
  Doubles running_mean = widened(in.running_mean);
  Doubles running_variance = widened(in.running_variance);
  for (std::size_t c = 0; c < running_mean.size(); ++c) {
    running_mean[c] += momentum * (mean[c] - running_mean[c]);
    running_variance[c] += momentum * (variance[c] * unbiased - running_variance[c]);
  }
  REQUIRE(normalised_error(got.running_mean, running_mean) < 1e-6);
  REQUIRE(normalised_error(got.running_variance, running_variance) < 1e-6);

  Doubles y = oracle.sum(widened(in.beta), fused.residual ? widened(in.residual) : Doubles());
  for (double& element : y)
    if (fused.relu) element = std::max(element, 0.0);
  REQUIRE(normalised_error(got.y, y) < kTolerance<T>);
}

// d_y where its bit says that the ReLU let y pass; the bits agree with y.
template <class T>
Doubles passed(const BatchNormInputs<T>& in, const BatchNormResults<T>& forward) {
  Doubles g = widened(in.d_y);
  const auto channels = static_cast<std::size_t>(in.s.channels);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < g.size(); ++i) {
    const std::size_t row = i / channels, channel = i % channels;
    const std::size_t word = row * static_cast<std::size_t>(in.s.words()) + channel / 32;
    const bool bit = (forward.positive[word] >> (channel % 32)) & 1u;
    wrong += bit != (static_cast<float>(forward.y[i]) > 0);
    if (!bit) g[i] = 0;
  }
  for (std::size_t word = 0; channels % 32 != 0 && word < forward.positive.size(); ++word)
    if ((word + 1) % static_cast<std::size_t>(in.s.words()) == 0)
      wrong += forward.positive[word] >> (channels % 32) != 0;  // bits of no channel
  REQUIRE(wrong == 0);
  return g;
}

template <class T>
void check_backward(const BatchNormInputs<T>& in, Fused fused, const BatchNormModes& modes,
                    const BatchNormResults<T>& forward, const BatchNormGradients<T>& got) {
  const Doubles g = fused.relu ? passed(in, forward) : widened(in.d_y);
  const auto expected = oracle_of(in).gradients(g);
  const BatchNormGradients<T> start(in.s, modes);
  REQUIRE(error_against(after(start.d_x, modes.x, expected.direct), got.d_x,
                        after(start.d_x, modes.x, expected.d_x)) < 2 * kTolerance<T>);
  if (fused.residual)
    REQUIRE(normalised_error(got.d_residual, after(start.d_residual, modes.residual, g)) <
            kTolerance<T>);
  REQUIRE(error_against(expected.d_gamma_terms, got.d_gamma,
                        after(start.d_gamma, modes.gamma, expected.d_gamma)) < kSumTolerance);
  REQUIRE(normalised_error(got.d_beta, after(start.d_beta, modes.beta, expected.d_beta)) <
          kSumTolerance);
}

template <class T>
void check_inference(const BatchNormInputs<T>& in, Fused fused, const std::vector<T>& y) {
  BatchNormOracle oracle = oracle_of(in);
  for (std::size_t at = 0; at < oracle.statistics.mean.size(); ++at) {
    oracle.statistics.mean[at] = static_cast<double>(in.running_mean[at % in.gamma.size()]);
    oracle.statistics.variance[at] = static_cast<double>(in.running_variance[at % in.gamma.size()]);
  }
  Doubles expected =
      oracle.sum(widened(in.beta), fused.residual ? widened(in.residual) : Doubles());
  for (double& element : expected)
    if (fused.relu) element = std::max(element, 0.0);
  REQUIRE(normalised_error(y, expected) < kTolerance<T>);
}

}  // namespace test

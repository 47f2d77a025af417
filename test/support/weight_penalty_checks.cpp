#include "test/support/weight_penalty_checks.h"

#include <algorithm>
#include <cmath>

#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/random_array.h"
#include "test/support/threads.h"

namespace test {

using kernels::Merging, kernels::WeightPenalty, kernels::WeightPenaltySizes;

namespace {

PenalizedLayers random_layers(const WeightPenaltySizes& sizes) {
  PenalizedLayers layers{sizes, {}, {}};
  layers.values = random_array<float>((sizes.heads + 1) * layers.layer(), 1);
  layers.gradients = random_array<float>((sizes.heads + 1) * layers.layer(), 2);
  return layers;
}

double oracle(const std::vector<double>& values, size_t layer, double coefficient) {
  double sum = 0;
  for (size_t i = layer; i < values.size(); ++i) {
    sum += (values[i % layer] - values[i]) * (values[i % layer] - values[i]);
  }
  return coefficient * sum;
}

}  // namespace

WeightPenalty penalty_of(const WeightPenaltySizes& sizes, const float* values, float* gradients) {
  const long weights = sizes.weights(), layer = weights + sizes.classes;
  const auto linear = [&](int j) {
    return WeightPenalty::Linear{values + j * layer, values + j * layer + weights,
                                 gradients + j * layer, gradients + j * layer + weights};
  };
  WeightPenalty penalty{};
  penalty.primary = linear(0);
  for (int j = 0; j < sizes.heads; ++j) penalty.heads[j] = linear(j + 1);
  return penalty;
}

void check_losses_and_gradients(const WeightPenaltyRun& run, const WeightPenaltySizes& sizes) {
  const PenalizedLayers layers = random_layers(sizes);
  const float coefficient = 0.3f;
  const auto [gradients, loss, distance] = run(layers, coefficient);
  const auto values = widened(layers.values);
  const auto layer = static_cast<size_t>(layers.layer());
  const double expected = oracle(values, layer, coefficient);
  REQUIRE(std::abs(loss[0] - expected) < 1e-6 * expected);
  for (size_t j = 0; j < distance.size(); ++j) {
    double difference = 0, norm = 0;
    for (size_t i = 0; i < static_cast<size_t>(sizes.weights()); ++i) {
      const double head = values[(j + 1) * layer + i];
      difference += (values[i] - head) * (values[i] - head);
      norm += values[i] * values[i];
    }
    REQUIRE(std::abs(distance[j] / std::sqrt(difference / norm) - 1) < 1e-6);
  }
  std::vector<double> gradient = widened(layers.gradients);
  for (size_t i = layer; i < values.size(); ++i) {
    const double pull = 2.0 * coefficient * (values[i % layer] - values[i]);
    if (sizes.merging == Merging::Mean) gradient[i % layer] += pull;
    gradient[i] -= pull;
  }
  REQUIRE(normalised_error(gradients, gradient) < 1e-6);
  if (values.size() > 500) return;
  auto slope = numeric_gradient(
      [&](const std::vector<double>& at) { return oracle(at, layer, coefficient); }, values);
  if (sizes.merging == Merging::Primary) std::fill_n(slope.begin(), layer, 0.0);
  for (size_t i = 0; i < slope.size(); ++i) slope[i] += layers.gradients[i];
  REQUIRE(normalised_error(gradients, slope) < 1e-6);
}

void check_zero_coefficient(const WeightPenaltyRun& run, const WeightPenaltySizes& sizes) {
  PenalizedLayers layers = random_layers(sizes);
  const auto measured = run(layers, 1.0f).distance;
  layers.gradients.assign(layers.gradients.size(), -0.0f);
  const auto [gradients, loss, distance] = run(layers, 0.0f);
  REQUIRE(same_bits(gradients, layers.gradients));
  REQUIRE(loss[0] == 0);
  REQUIRE(same_bits(distance, measured));

  layers.values[0] = INFINITY;
  const auto [untouched, no_loss, far] = run(layers, 0.0f);
  REQUIRE(same_bits(untouched, layers.gradients));
  REQUIRE(no_loss[0] == 0);
}

void check_equal_layers(const WeightPenaltyRun& run, float value) {
  PenalizedLayers layers = random_layers({1, 2, 5});
  layers.values.assign(layers.values.size(), value);
  const auto [gradients, loss, distance] = run(layers, 1.0f);
  REQUIRE(loss[0] == 0);
  REQUIRE(distance[0] == 0);
  REQUIRE(gradients == layers.gradients);
}

}  // namespace test

#include "kernels/weight_penalty/weight_penalty.h"

#include <cmath>

#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/random_array.h"
#include "test/support/threads.h"

using namespace kernels;
using namespace test;

namespace {

// The layers one after the other, primary first; each is its weights and then its biases.
struct Layers {
  WeightPenaltySizes sizes;
  std::vector<float> values, gradients;

  long weights() const { return long{sizes.classes} * sizes.features; }
  long layer() const { return weights() + sizes.classes; }
};

Layers random_layers(const WeightPenaltySizes& sizes) {
  Layers layers{sizes, {}, {}};
  layers.values = random_array<float>((sizes.heads + 1) * layers.layer(), 1);
  layers.gradients = random_array<float>((sizes.heads + 1) * layers.layer(), 2);
  return layers;
}

// {gradients, loss, distance}
auto run(Cpu cpu, Layers layers, float coefficient) {
  const auto linear = [&](int j) {
    float *value = layers.values.data() + j * layers.layer(),
          *gradient = layers.gradients.data() + j * layers.layer();
    return WeightPenalty::Linear{value, value + layers.weights(), gradient,
                                 gradient + layers.weights()};
  };
  std::vector<float> loss = {NAN}, distance(static_cast<size_t>(layers.sizes.heads), NAN);
  std::vector<float> scratch(static_cast<size_t>(weight_penalty_scratch(layers.sizes)), NAN);
  WeightPenalty arguments{linear(0),      {},          &coefficient,
                          scratch.data(), loss.data(), distance.data()};
  for (int j = 0; j < layers.sizes.heads; ++j) arguments.heads[j] = linear(j + 1);
  weight_penalty(cpu, layers.sizes, arguments);
  return std::tuple(layers.gradients, loss, distance);
}

double oracle(const std::vector<double>& values, size_t layer, double coefficient) {
  double sum = 0;
  for (size_t i = layer; i < values.size(); ++i) {
    sum += (values[i % layer] - values[i]) * (values[i % layer] - values[i]);
  }
  return coefficient * sum;
}

}  // namespace

TEST_CASE("weight penalty: loss, distances and gradients", "[weight_penalty]") {
  const auto sizes = GENERATE(WeightPenaltySizes{1, 1, 1}, WeightPenaltySizes{4, 3, 7},
                              WeightPenaltySizes{15, 2, 3}, WeightPenaltySizes{2, 10, 33},
                              WeightPenaltySizes{4, 100, 515});
  const Layers layers = random_layers(sizes);
  const float coefficient = 0.3f;
  const auto [gradients, loss, distance] =
      same_for_all_threads([&](Cpu cpu) { return run(cpu, layers, coefficient); });
  const auto values = widened(layers.values);
  const auto layer = static_cast<size_t>(layers.layer());
  const double expected = oracle(values, layer, coefficient);
  REQUIRE(std::abs(loss[0] - expected) < 1e-6 * expected);
  for (size_t j = 0; j < distance.size(); ++j) {
    double difference = 0, norm = 0;
    for (size_t i = 0; i < static_cast<size_t>(layers.weights()); ++i) {
      const double head = values[(j + 1) * layer + i];
      difference += (values[i] - head) * (values[i] - head);
      norm += values[i] * values[i];
    }
    REQUIRE(std::abs(distance[j] / std::sqrt(difference / norm) - 1) < 1e-6);
  }
  std::vector<double> gradient = widened(layers.gradients);
  for (size_t i = layer; i < values.size(); ++i) {
    const double pull = 2.0 * coefficient * (values[i % layer] - values[i]);
    gradient[i % layer] += pull;
    gradient[i] -= pull;
  }
  REQUIRE(normalised_error(gradients, gradient) < 1e-6);
  if (values.size() > 500) return;
  auto slope = numeric_gradient(
      [&](const std::vector<double>& at) { return oracle(at, layer, coefficient); }, values);
  for (size_t i = 0; i < slope.size(); ++i) slope[i] += layers.gradients[i];
  REQUIRE(normalised_error(gradients, slope) < 1e-6);
}

TEST_CASE("a weight penalty of 0 changes nothing but measures", "[weight_penalty]") {
  Layers layers = random_layers({2, 10, 33});
  ThreadPool pool(1);
  const auto measured = std::get<2>(run(Cpu{&pool}, layers, 1.0f));
  layers.gradients.assign(layers.gradients.size(), -0.0f);
  const auto [gradients, loss, distance] = run(Cpu{&pool}, layers, 0.0f);
  REQUIRE(same_bits(gradients, layers.gradients));
  REQUIRE(loss[0] == 0);
  REQUIRE(same_bits(distance, measured));

  layers.values[0] = INFINITY;
  const auto [untouched, no_loss, far] = run(Cpu{&pool}, layers, 0.0f);
  REQUIRE(same_bits(untouched, layers.gradients));
  REQUIRE(no_loss[0] == 0);
}

TEST_CASE("equal layers are at distance 0", "[weight_penalty]") {
  Layers layers = random_layers({1, 2, 5});
  const float value = GENERATE(0.0f, 0.5f);
  layers.values.assign(layers.values.size(), value);
  ThreadPool pool(1);
  const auto [gradients, loss, distance] = run(Cpu{&pool}, layers, 1.0f);
  REQUIRE(loss[0] == 0);
  REQUIRE(distance[0] == 0);
  REQUIRE(gradients == layers.gradients);
}

#include "kernels/weight_penalty/weight_penalty.h"

#include <cmath>

#include "test/support/catch.h"
#include "test/support/threads.h"
#include "test/support/weight_penalty_checks.h"

using namespace kernels;
using namespace test;

namespace {

WeightPenaltyResult run(const PenalizedLayers& layers, float coefficient) {
  const auto results = same_for_all_threads([&](Cpu cpu) {
    WeightPenaltyResult r{
        layers.gradients, {NAN}, std::vector<float>(static_cast<size_t>(layers.sizes.heads), NAN)};
    std::vector<float> scratch(static_cast<size_t>(weight_penalty_scratch(layers.sizes)), NAN);
    WeightPenalty arguments = penalty_of(layers.sizes, layers.values.data(), r.gradients.data());
    arguments.coefficient = &coefficient;
    arguments.partial_sums = scratch.data();
    arguments.loss = r.loss.data();
    arguments.distance = r.distance.data();
    weight_penalty(cpu, layers.sizes, arguments);
    return std::tuple(r.gradients, r.loss, r.distance);
  });
  return std::apply([](const auto&... arrays) { return WeightPenaltyResult{arrays...}; }, results);
}

}  // namespace

TEST_CASE("weight penalty: loss, distances and gradients", "[weight_penalty]") {
  check_losses_and_gradients(
      run,
      GENERATE(WeightPenaltySizes{1, 1, 1}, WeightPenaltySizes{4, 3, 7},
               WeightPenaltySizes{15, 2, 3}, WeightPenaltySizes{2, 10, 33},
               WeightPenaltySizes{4, 100, 515}, WeightPenaltySizes{4, 3, 7, Merging::Primary}));
}

TEST_CASE("a weight penalty of 0 changes nothing but measures", "[weight_penalty]") {
  check_zero_coefficient(run, {2, 10, 33});
}

TEST_CASE("equal layers are at distance 0", "[weight_penalty]") {
  check_equal_layers(run, GENERATE(0.0f, 0.5f));
}

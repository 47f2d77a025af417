#include "test/cuda/every_order.h"
#include "test/cuda/shifted_array.h"
#include "test/support/catch.h"
#include "test/support/weight_penalty_checks.h"

using namespace kernels;
using namespace test;

namespace {

// How many floats later than memory they begin.
struct Shifts {
  std::size_t values = 0, gradients = 0;
};

WeightPenaltyResult run_shifted(Shifts by, const PenalizedLayers& layers, float coefficient) {
  const auto results = same_in_every_order([&](Cuda cuda) {
    const ShiftedArray<float> values(layers.values, by.values);
    const ShiftedArray<float> gradients(layers.gradients, by.gradients);
    const DeviceArray<float> given(std::vector<float>{coefficient}), loss(1),
        distance(static_cast<size_t>(layers.sizes.heads)),
        scratch(static_cast<size_t>(weight_penalty_scratch(layers.sizes)));
    WeightPenalty arguments = penalty_of(layers.sizes, values.data(), gradients.data());
    arguments.coefficient = given.data();
    arguments.partial_sums = scratch.data();
    arguments.loss = loss.data();
    arguments.distance = distance.data();
    weight_penalty(cuda, layers.sizes, arguments);
    return std::tuple(gradients.host(), loss.host(), distance.host());
  });
  return std::apply([](const auto&... arrays) { return WeightPenaltyResult{arrays...}; }, results);
}

WeightPenaltyResult run(const PenalizedLayers& layers, float coefficient) {
  return run_shifted({}, layers, coefficient);
}

}  // namespace

TEST_CASE("weight penalty: loss, distances and gradients", "[weight_penalty]") {
  // Arrays that begin at multiples of 16 bytes, all of them or not, and sizes of whole fours, or
  // not; several blocks; more classes than a block has threads.
  check_losses_and_gradients(
      run, GENERATE(WeightPenaltySizes{1, 1, 1}, WeightPenaltySizes{4, 3, 7},
                    WeightPenaltySizes{15, 2, 3}, WeightPenaltySizes{15, 4, 3},
                    WeightPenaltySizes{2, 10, 33}, WeightPenaltySizes{2, 10, 60},
                    WeightPenaltySizes{2, 12, 87}, WeightPenaltySizes{1, 300, 5},
                    WeightPenaltySizes{1, 139, 15}, WeightPenaltySizes{4, 3, 7, Merging::Primary},
                    WeightPenaltySizes{2, 10, 60, Merging::Primary}));
}

TEST_CASE("weight penalty: only the heads begin at multiples of 16 bytes", "[weight_penalty]") {
  const auto shifted = [](const PenalizedLayers& layers, float coefficient) {
    return run_shifted({1, 1}, layers, coefficient);
  };
  check_losses_and_gradients(shifted, {1, 3, 4});  // 15 floats a layer
}

TEST_CASE("weight penalty: weights and gradients begin differently", "[weight_penalty]") {
  const Shifts by = GENERATE(Shifts{0, 1}, Shifts{1, 0});
  const auto shifted = [&](const PenalizedLayers& layers, float coefficient) {
    return run_shifted(by, layers, coefficient);
  };
  check_losses_and_gradients(shifted, {2, 4, 3});  // 12 + 4 floats a layer
}

TEST_CASE("a weight penalty of 0 changes nothing but measures", "[weight_penalty]") {
  check_zero_coefficient(run,
                         GENERATE(WeightPenaltySizes{2, 10, 33}, WeightPenaltySizes{2, 8, 33}));
}

TEST_CASE("equal layers are at distance 0", "[weight_penalty]") {
  check_equal_layers(run, GENERATE(0.0f, 0.5f));
}

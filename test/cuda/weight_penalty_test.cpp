#include "test/cuda/every_order.h"
#include "test/support/catch.h"
#include "test/support/weight_penalty_checks.h"

using namespace kernels;
using namespace test;

namespace {

// All arrays begin `shift` floats later than memory does.
WeightPenaltyResult run_shifted(long shift, const PenalizedLayers& layers, float coefficient) {
  const auto shifted = [&](std::vector<float> array) {
    array.insert(array.begin(), static_cast<size_t>(shift), 0.0f);
    return array;
  };
  const auto results = same_in_every_order([&](Cuda cuda) {
    const DeviceArray<float> values(shifted(layers.values)), gradients(shifted(layers.gradients)),
        given(std::vector<float>{coefficient}), loss(1),
        distance(static_cast<size_t>(layers.sizes.heads)),
        scratch(static_cast<size_t>(weight_penalty_scratch(layers.sizes)));
    WeightPenalty arguments =
        penalty_of(layers.sizes, values.data() + shift, gradients.data() + shift);
    arguments.coefficient = given.data();
    arguments.partial_sums = scratch.data();
    arguments.loss = loss.data();
    arguments.distance = distance.data();
    weight_penalty(cuda, layers.sizes, arguments);
    auto accumulated = gradients.host();
    accumulated.erase(accumulated.begin(), accumulated.begin() + shift);
    return std::tuple(accumulated, loss.host(), distance.host());
  });
  return std::apply([](const auto&... arrays) { return WeightPenaltyResult{arrays...}; }, results);
}

WeightPenaltyResult run(const PenalizedLayers& layers, float coefficient) {
  return run_shifted(0, layers, coefficient);
}

}  // namespace

TEST_CASE("weight penalty: loss, distances and gradients", "[weight_penalty]") {
  // Arrays that begin at multiples of 16 bytes, all of them or not, and sizes of whole fours, or
  // not; several blocks; more classes than a block has threads.
  check_losses_and_gradients(run,
                             GENERATE(WeightPenaltySizes{1, 1, 1}, WeightPenaltySizes{4, 3, 7},
                                      WeightPenaltySizes{15, 2, 3}, WeightPenaltySizes{15, 4, 3},
                                      WeightPenaltySizes{2, 10, 33}, WeightPenaltySizes{2, 10, 60},
                                      WeightPenaltySizes{2, 12, 87}, WeightPenaltySizes{1, 300, 5},
                                      WeightPenaltySizes{1, 139, 15}));
}

TEST_CASE("weight penalty: only the heads begin at multiples of 16 bytes", "[weight_penalty]") {
  const auto shifted = [](const PenalizedLayers& layers, float coefficient) {
    return run_shifted(1, layers, coefficient);
  };
  check_losses_and_gradients(shifted, {1, 3, 4});  // 15 floats a layer
}

TEST_CASE("a weight penalty of 0 changes nothing but measures", "[weight_penalty]") {
  check_zero_coefficient(run,
                         GENERATE(WeightPenaltySizes{2, 10, 33}, WeightPenaltySizes{2, 8, 33}));
}

TEST_CASE("equal layers are at distance 0", "[weight_penalty]") {
  check_equal_layers(run, GENERATE(0.0f, 0.5f));
}

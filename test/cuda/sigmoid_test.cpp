#include "kernels/sigmoid/sigmoid.h"

#include <cmath>

#include "test/cuda/every_order.h"
#include "test/cuda/shifted_array.h"
#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/gradient_start.h"
#include "test/support/oracle_elementwise.h"

using namespace kernels;
using namespace test;

TEMPLATE_TEST_CASE("sigmoid", "[sigmoid]", float, bfloat16) {
  using T = TestType;
  const long size = GENERATE(1, 3, 17, 1000, 4097);
  const std::size_t shift = GENERATE(0u, 1u);
  const auto mode = GENERATE(GradientMode::Overwrite, GradientMode::Accumulate);
  const auto x = random_array<T>(size, 1, {-5, 5}), d_y = random_array<T>(size, 2);
  const auto start = gradient_start<T>(size, mode);
  const auto [y, d_x] = same_in_every_order([&](Cuda cuda) {
    const ShiftedArray<T> given(x, shift), forward(x, shift), upstream(d_y, shift);
    const ShiftedArray<T> backward(start, shift);
    sigmoid_forward(cuda, {size}, SigmoidForward<T>{given.data(), forward.data()});
    sigmoid_forward(cuda, {size}, SigmoidForward<T>{given.data(), given.data()});
    REQUIRE(same_bits(forward.host(), given.host()));
    sigmoid_backward(cuda, {size},
                     SigmoidBackward<T>{forward.data(), upstream.data(), backward.data(), mode});
    if (mode == GradientMode::Overwrite) {
      sigmoid_backward(cuda, {size},
                       SigmoidBackward<T>{forward.data(), upstream.data(), upstream.data(), mode});
      REQUIRE(same_bits(backward.host(), upstream.host()));
    }
    return std::tuple(forward.host(), backward.host());
  });
  std::vector<double> expected;
  for (const double at : widened(x)) expected.push_back(oracle_sigmoid(at));
  const auto gradient = combined(
      y, d_y, [](double saved, double upstream) { return saved * (1 - saved) * upstream; });
  REQUIRE(normalised_error(y, expected) < kTolerance<T>);
  REQUIRE(normalised_error(d_x, after(start, mode, gradient)) < kTolerance<T>);
}

TEST_CASE("sigmoid is accurate wherever it is a normal number", "[sigmoid]") {
  std::vector<float> x;
  for (float at = -87; at < 20; at += 0.0317f) x.push_back(at);
  const DeviceArray<float> y(x);
  sigmoid_forward(cuda(), {static_cast<long>(x.size())}, SigmoidForward<float>{y.data(), y.data()});
  const auto result = y.host();
  double worst = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double expected = oracle_sigmoid(x[i]);
    worst = std::max(worst, std::abs(result[i] - expected) / expected);
  }
  // CUDA's expf is documented within 2 units in the last place, 2.4e-7; then a sum and a quotient.
  REQUIRE(worst < 4e-7);
}

TEST_CASE("sigmoid of large numbers is 0 or 1", "[sigmoid]") {
  const DeviceArray<float> y(std::vector<float>{-3e38f, -200, -88, 88, 200, 3e38f});
  sigmoid_forward(cuda(), {6}, SigmoidForward<float>{y.data(), y.data()});
  const auto result = y.host();
  REQUIRE(result[0] == 0);
  REQUIRE(result[1] == 0);
  REQUIRE(result[2] < 1e-37f);
  for (size_t i = 3; i < 6; ++i) REQUIRE(result[i] == 1);
}

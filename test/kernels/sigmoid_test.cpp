#include "kernels/sigmoid/sigmoid.h"

#include <cmath>

#include "kernels/base/exponential.h"
#include "kernels/base/philox.h"
#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/gradient_start.h"
#include "test/support/oracle_elementwise.h"
#include "test/support/threads.h"

using namespace kernels;
using namespace test;

TEST_CASE("exponential is within 2e-7 of e^x", "[exponential]") {
  double worst = 0, worst_below_normal = 0;
  for (double x = -103; x < 88.72; x += 0.00137) {
    const float argument = static_cast<float>(x);
    const double expected = std::exp(static_cast<double>(argument));
    const double error = std::abs(exponential(argument) - expected);
    if (argument > -87.3f) {
      worst = std::max(worst, error / expected);
    } else {
      worst_below_normal = std::max(worst_below_normal, error);
    }
  }
  REQUIRE(worst < 2e-7);
  REQUIRE(worst_below_normal <= 0x1p-149);
}

TEST_CASE("exponential at the ends of its range", "[exponential]") {
  const float infinity = std::numeric_limits<float>::infinity();
  REQUIRE(exponential(0.0f) == 1.0f);
  for (const float x : {-105.0f, -1e4f, -3e38f, -infinity}) REQUIRE(exponential(x) == 0.0f);
  for (const float x : {88.73f, 1e4f, 3e38f, infinity}) REQUIRE(exponential(x) == infinity);
  REQUIRE(std::isfinite(exponential(88.72f)));
  REQUIRE(std::isnan(exponential(std::numeric_limits<float>::quiet_NaN())));
}

TEST_CASE("sixteen exponentials are those of one float each, bit for bit", "[exponential]") {
  const float infinity = std::numeric_limits<float>::infinity();
  Random random(9, RandomUse::Test);
  for (int repeat = 0; repeat < 20000; ++repeat) {
    Lanes x;
    for (int i = 0; i < kLanes; ++i) x[i] = random.uniform(-110, 95);
    if (repeat == 0) x[0] = infinity, x[1] = -infinity, x[2] = 0, x[3] = -0.0f, x[4] = 1e-40f;
    const Lanes got = exponential(x);
    for (int i = 0; i < kLanes; ++i)
      if (got[i] != exponential(static_cast<float>(x[i])))
        FAIL("e^" << x[i] << " became " << got[i] << " instead of " << exponential(float{x[i]}));
  }
  REQUIRE(std::isnan(exponential(all_lanes(std::numeric_limits<float>::quiet_NaN()))[7]));
}

TEMPLATE_TEST_CASE("sigmoid", "[sigmoid]", float, bfloat16) {
  using T = TestType;
  const long size = GENERATE(1, 3, 17, 1000, 70001);
  const auto mode = GENERATE(GradientMode::Overwrite, GradientMode::Accumulate);
  const auto x = random_array<T>(size, 1, {-5, 5}), d_y = random_array<T>(size, 2);
  const auto start = gradient_start<T>(size, mode);
  const auto [y, d_x] = same_for_all_threads([&](Cpu cpu) {
    auto in_place = x, forward = x, backward = start;
    sigmoid_forward(cpu, {size}, SigmoidForward<T>{x.data(), forward.data()});
    sigmoid_forward(cpu, {size}, SigmoidForward<T>{in_place.data(), in_place.data()});
    REQUIRE(same_bits(forward, in_place));
    sigmoid_backward(cpu, {size},
                     SigmoidBackward<T>{forward.data(), d_y.data(), backward.data(), mode});
    return std::tuple(forward, backward);
  });
  std::vector<double> expected, slope, gradient;
  for (size_t i = 0; i < x.size(); ++i) {
    const double at = static_cast<float>(x[i]), step = 1e-5;
    const double saved = static_cast<float>(y[i]), upstream = static_cast<float>(d_y[i]);
    expected.push_back(oracle_sigmoid(at));
    slope.push_back((oracle_sigmoid(at + step) - oracle_sigmoid(at - step)) / (2 * step) *
                    upstream);
    gradient.push_back(saved * (1 - saved) * upstream);
  }
  REQUIRE(normalised_error(y, expected) < kTolerance<T>);
  REQUIRE(normalised_error(d_x, after(start, mode, gradient)) < kTolerance<T>);
  // In bfloat16 the rounding of y itself moves 1 - y by up to some per cent where y is near 1.
  REQUIRE(normalised_error(d_x, after(start, mode, slope)) < (sizeof(T) == 4 ? 2e-6 : 6e-2));
}

TEST_CASE("sigmoid of large numbers is 0 or 1", "[sigmoid]") {
  ThreadPool pool(1);
  std::vector<float> x = {-3e38f, -200, -88, 88, 200, 3e38f};
  sigmoid_forward(Cpu{&pool}, {6}, SigmoidForward<float>{x.data(), x.data()});
  REQUIRE(x[0] == 0);
  REQUIRE(x[1] == 0);
  REQUIRE(x[2] < 1e-37f);
  for (int i = 3; i < 6; ++i) REQUIRE(x[static_cast<size_t>(i)] == 1);
}

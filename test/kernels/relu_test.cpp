#include "kernels/relu/relu.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/gradient_start.h"
#include "test/support/threads.h"

using namespace kernels;
using namespace test;

TEMPLATE_TEST_CASE("relu keeps what is positive", "[relu]", float, bfloat16) {
  using T = TestType;
  const long size = GENERATE(1, 3, 17, 1000, 70001);
  const auto x = random_array<T>(size, 1);
  const auto y = same_for_all_threads([&](Cpu cpu) {
    auto result = x;
    relu_forward(cpu, {size}, ReluForward<T>{x.data(), result.data()});
    auto in_place = x;
    relu_forward(cpu, {size}, ReluForward<T>{in_place.data(), in_place.data()});
    REQUIRE(same_bits(result, in_place));
    return result;
  });
  std::vector<double> expected;
  for (const double value : widened(x)) expected.push_back(std::max(value, 0.0));
  REQUIRE(widened(y) == expected);
}

TEST_CASE("relu does not hide NaN", "[relu]") {
  ThreadPool pool(1);
  std::vector<float> x(20, std::numeric_limits<float>::quiet_NaN());
  relu_forward(Cpu{&pool}, {20}, ReluForward<float>{x.data(), x.data()});
  for (const float value : x) REQUIRE(std::isnan(value));
}

TEMPLATE_TEST_CASE("relu passes on the gradient of what it kept", "[relu]", float, bfloat16) {
  using T = TestType;
  const long size = GENERATE(1, 3, 17, 1000, 70001);
  const auto mode = GENERATE(GradientMode::Overwrite, GradientMode::Accumulate);
  const auto x = random_array<T>(size, 2), d_y = random_array<T>(size, 3);
  const auto start = gradient_start<T>(size, mode);
  const auto d_x = same_for_all_threads([&](Cpu cpu) {
    auto y = x;
    relu_forward(cpu, {size}, ReluForward<T>{x.data(), y.data()});
    auto result = start;
    relu_backward(cpu, {size}, ReluBackward<T>{y.data(), d_y.data(), result.data(), mode});
    if (mode == GradientMode::Overwrite) {
      auto in_place = d_y;
      relu_backward(cpu, {size}, ReluBackward<T>{y.data(), in_place.data(), in_place.data(), mode});
      REQUIRE(same_bits(result, in_place));
    }
    return result;
  });
  std::vector<double> gradient;
  for (size_t i = 0; i < x.size(); ++i) {
    gradient.push_back(static_cast<float>(x[i]) > 0 ? static_cast<float>(d_y[i]) : 0.0);
  }
  REQUIRE(normalised_error(d_x, after(start, mode, gradient)) < kTolerance<T>);
}

#include "kernels/relu/relu.h"

#include <cmath>
#include <limits>

#include "test/cuda/every_order.h"
#include "test/cuda/shifted_array.h"
#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/gradient_start.h"

using namespace kernels;
using namespace test;

TEMPLATE_TEST_CASE("relu keeps what is positive", "[relu]", float, bfloat16) {
  using T = TestType;
  const long size = GENERATE(1, 3, 17, 1000, 4097);
  const std::size_t shift = GENERATE(0u, 1u);
  auto x = random_array<T>(size, 1);
  if (size > 16) x[5] = T(-0.0f), x[16] = T(0.0f);
  const auto y = same_in_every_order([&](Cuda cuda) {
    const ShiftedArray<T> given(x, shift), result(x, shift);
    relu_forward(cuda, {size}, ReluForward<T>{given.data(), result.data()});
    relu_forward(cuda, {size}, ReluForward<T>{given.data(), given.data()});
    REQUIRE(same_bits(result.host(), given.host()));
    return result.host();
  });
  ThreadPool pool(1);
  auto expected = x;
  relu_forward(Cpu{&pool}, {size}, ReluForward<T>{x.data(), expected.data()});
  REQUIRE(same_bits(y, expected));
}

TEMPLATE_TEST_CASE("relu does not hide NaN", "[relu]", float, bfloat16) {
  using T = TestType;
  const std::vector<T> x(20, T(std::numeric_limits<float>::quiet_NaN()));
  const DeviceArray<T> y(x);
  relu_forward(cuda(), {20}, ReluForward<T>{y.data(), y.data()});
  for (const T value : y.host()) REQUIRE(std::isnan(static_cast<float>(value)));
}

TEMPLATE_TEST_CASE("relu passes on the gradient of what it kept", "[relu]", float, bfloat16) {
  using T = TestType;
  const long size = GENERATE(1, 3, 17, 1000, 4097);
  const std::size_t shift = GENERATE(0u, 1u);
  const auto mode = GENERATE(GradientMode::Overwrite, GradientMode::Accumulate);
  auto x = random_array<T>(size, 2), d_y = random_array<T>(size, 3);
  x[0] = T(1.0f), d_y[0] = T(-0.0f);  // kept as it is
  const auto start = gradient_start<T>(size, mode);
  const auto d_x = same_in_every_order([&](Cuda cuda) {
    const ShiftedArray<T> y(x, shift), upstream(d_y, shift), result(start, shift);
    relu_forward(cuda, {size}, ReluForward<T>{y.data(), y.data()});
    relu_backward(cuda, {size}, ReluBackward<T>{y.data(), upstream.data(), result.data(), mode});
    if (mode == GradientMode::Overwrite) {
      relu_backward(cuda, {size},
                    ReluBackward<T>{y.data(), upstream.data(), upstream.data(), mode});
      REQUIRE(same_bits(result.host(), upstream.host()));
    }
    return result.host();
  });
  std::vector<double> gradient;
  for (size_t i = 0; i < x.size(); ++i) {
    gradient.push_back(static_cast<float>(x[i]) > 0 ? static_cast<float>(d_y[i]) : 0.0);
  }
  REQUIRE(normalised_error(d_x, after(start, mode, gradient)) < kTolerance<T>);
  ThreadPool pool(1);
  auto on_cpu = start;
  relu_backward(Cpu{&pool}, {size}, ReluBackward<T>{x.data(), d_y.data(), on_cpu.data(), mode});
  REQUIRE(same_bits(d_x, on_cpu));
}

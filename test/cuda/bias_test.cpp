#include "kernels/bias/bias.h"

#include "test/cuda/every_order.h"
#include "test/cuda/shifted_array.h"
#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/gradient_start.h"

using namespace kernels;
using namespace test;

namespace {

// One channel, one row, parts of rows that are not whole, channels of 1, 2, 4 and 8 at a time, and
// more rows than the most parts have at their smallest.
constexpr BiasSizes kSizes[] = {{1, 1},   {1, 100}, {7, 10},   {128, 33}, {129, 4},
                                {300, 8}, {17, 64}, {1000, 6}, {8449, 3}};

}  // namespace

TEMPLATE_TEST_CASE("bias and its gradient", "[bias]", float, bfloat16) {
  using T = TestType;
  const BiasSizes s = GENERATE(from_range(std::begin(kSizes), std::end(kSizes)));
  const auto mode = GENERATE(GradientMode::Overwrite, GradientMode::Accumulate);
  const std::size_t shift = GENERATE(0u, 1u);
  const long size = s.rows * s.channels;
  const auto x = random_array<T>(size, 1), upstream = random_array<T>(size, 2, {-1.0f, 2.0f});
  const auto bias = random_array<float>(s.channels, 3);
  const auto start = gradient_start<float>(s.channels, mode, 4);
  const auto [y, d_bias] = same_in_every_order([&](Cuda cuda) {
    const ShiftedArray<T> in_place(x, shift), d_y(upstream, shift);
    const ShiftedArray<float> added(bias, shift), gradient(start, shift);
    const DeviceArray<float> workspace(bias_workspace_bytes(s) / sizeof(float));
    add_bias(cuda, s, AddBias<T>{added.data(), in_place.data()});
    bias_gradient(cuda, s, BiasGradient<T>{d_y.data(), gradient.data(), workspace.data(), mode});
    return std::tuple(in_place.host(), gradient.host());
  });

  const std::size_t channels = static_cast<std::size_t>(s.channels);
  std::vector<double> expected_y = widened(x), sums(channels);
  for (std::size_t i = 0; i < expected_y.size(); ++i) {
    expected_y[i] += bias[i % channels];
    sums[i % channels] += static_cast<float>(upstream[i]);
  }
  REQUIRE(normalised_error(y, expected_y) < kTolerance<T>);
  REQUIRE(normalised_error(d_bias, after(start, mode, sums)) < kTolerance<float>);
}
